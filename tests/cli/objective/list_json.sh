mast objective --list --json | tr '{' '\n' | sed -n 's/^"name":"\([a-z]*\)".*/\1/p'
