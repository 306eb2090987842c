# 1, 2 and 4 processes score the same, to the byte, and the first of them says it.
. "$TOP/tests/cli/processes/common"
mast ingest -q "$DATA/halfcheetah-sample.hdf5" -o s.h5 >/dev/null
mast pretrain -q s.h5 -o run --objective random --objective contrast:delta=1 --objective bert --tokens rtg,obs,act \
    --layers 1 --width 16 --context 5 --steps 20 --threads 1 >/dev/null
compare() { # OPTION...
    mast evaluate run s.h5 --threads 2 "$@" >one
    wc -l <one
    for n in 2 3 4; do
        together "$n" evaluate run s.h5 --threads 1 "$@" >many || echo "exit $?"
        cmp one many
    done
}
compare
compare --patterns --split train
compare --objective random:ratio=0.5 --probe
# What is wrong in all is said once; what differs is named.
together 2 evaluate run missing.h5 2>&1 | own_words
together 2 evaluate run s.h5 --split test 2>&1 | own_words
together 2 evaluate run s.h5 --objective inverse:zeta=1 2>&1 | own_words
mast ingest -q "$DATA/halfcheetah-sample.hdf5" --seed 1 -o other.h5 >/dev/null
mkdir there && cp other.h5 there/s.h5 && cp -r run there/run
mpirun --oversubscribe --bind-to none -n 1 mast evaluate run s.h5 : \
    -n 1 -wdir "$PWD/there" mast evaluate run s.h5 2>&1 >/dev/null | own_words | sed -E 's/xxh3:[0-9a-f]+/HASH/g'
