# Each command's help starts with its usage line and shows the options that all commands share.
for command in $(mast help | awk '/^Commands:/ {on=1; next} on && NF == 0 {exit} on {print $1}'); do
    case $command in help | completion) continue ;; esac
    mast "$command" --help >text || echo "$command: exit $?"
    mast help "$command" | cmp - text
    head -n 1 text | grep -q "^Usage: mast $command " || echo "$command: no usage line"
    for option in --seed --threads --quiet --verbose --progress --config --help; do
        grep -qe "$option" text || echo "$command: $option is missing"
    done
done
