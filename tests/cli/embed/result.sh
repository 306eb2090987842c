# One row for each step of the store, whatever its split.
mast ingest -q "$DATA/halfcheetah-sample.hdf5" -o s.h5 >/dev/null
mast pretrain -q s.h5 -o run --objective inverse --objective random --context 7 --layers 1 --width 16 \
    --steps 2 >/dev/null
mast embed -q run s.h5 -o e.h5
mast embed -q run s.h5 -o all.h5 --objective random
mast verify e.h5 all.h5
mast info e.h5 | grep -E '^ +/|kind'
mast evaluate -q run s.h5 --probe | grep probe | sed -E 's/("loss":)[0-9.e-]+/\1N/; s/(baseline_[a-z]+":[0-9]+\.[0-9]{3})[0-9]*/\1/g'
try() {
    mast embed "$@"
    echo "exit $?"
}
try run s.h5
try run s.h5 -o -
try run s.h5 -o e.h5
try run s.h5 -o x.h5 --objective nothing
mast ingest -q "$TOP/tests/cli/ingest/files/flat.hdf5" -o other.h5 --val 0 >/dev/null
try run other.h5 -o x.h5
mast mask e.h5 -o x.h5 --objective inverse
ls -A
