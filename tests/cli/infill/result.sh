# What is filled in lies in a file that verify and info know; each objective of the run has its part.
mast ingest -q "$DATA/halfcheetah-sample.hdf5" -o s.h5 >/dev/null
mast pretrain -q s.h5 -o run --objective inverse --objective random:ratio=0.3 --objective contrast:delta=1 \
    --context 7 --layers 1 --width 16 --steps 2 >/dev/null
mast infill -q run s.h5 -o all.h5 | sed -E 's/("loss":)[0-9.e-]+/\1N/g'
mast infill -q run s.h5 -o goal.h5 --objective goal --split train | sed -E 's/("loss":)[0-9.e-]+/\1N/g'
mast verify all.h5 goal.h5
mast info all.h5 | grep -E '^ +/|kind'
# Refused before any work.
try() {
    mast infill "$@"
    echo "exit $?"
}
try run s.h5
try run s.h5 -o -
try run s.h5 -o all.h5
try run -o x.h5
try run s.h5 -o x.h5 --objective contrast:delta=1
try run s.h5 -o x.h5 --objective policy
try run s.h5 -o x.h5 --split other
ls -A
