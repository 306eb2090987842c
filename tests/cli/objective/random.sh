# The same seed hides the same tokens, another seed others; a third of six actions are two.
show() { mast objective random:ratio=0.333333333333333333,of=act --context 6 --seed "$1" | grep hidden; }
show 1
[ "$(show 1)" = "$(show 1)" ] && echo same
[ "$(show 1)" = "$(show 2)" ] || echo other
