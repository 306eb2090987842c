# Batches of one name and one attention that ask for other targets, or hide others, are not trained together.
mast ingest -q "$DATA/cartpole-sample" -o s.h5 >/dev/null
make() { # FILE KEYS
    mast mask -q s.h5 -o "$1.h5" --context 4 --batch-size 8 --batches 2 --objective \
        "{\"name\":\"gap\",\"attend\":\"k.token<=q.token\",\"predict\":\"q.kind==obs&&k.kind==act&&q.step==k.step\",$2}" >/dev/null
}
make hidden '"hide":"k.kind==act&&k.step>1"'
make always '"hide":"k.kind==act&&k.step>1","when":"always"'
make other '"hide":"k.kind==act&&k.step>2"'
make again '"hide":"k.kind==act&&k.step>1"'
try() { mast pretrain -q "$@" -o run -O --layers 1 --width 8 --steps 2 >/dev/null; echo "$?"; }
try hidden.h5 always.h5
try hidden.h5 other.h5
try hidden.h5 again.h5
