# zsh: commands, options, values that are words, in both ways to write them, files.
command -v zsh >/dev/null || { echo "skipped: no zsh"; exit 77; }
mast completion zsh >_mast
mkdir files
cd files || exit
touch store.h5 'two words.hdf5'
mkdir runs
for line in 'mast pre' 'mast mask --obj' 'mast mask store.h5 --objective policy --obj' 'mast mask --split t' \
    'mast mask --split=t' 'mast objective hi' 'mast pretrain store.h5 --objective inv' 'mast ingest t' \
    'mast verify store.h5 r' 'mast ingest --output st' 'mast ingest -o st' 'mast mask --seed 1 --see' 'mast help ver' \
    'mast completion '; do
    echo "$line: $("$TOP/tests/cli/help/zsh_complete" ../_mast "$line" | paste -s -d ' ')"
done
