# Inputs and outputs that cannot be: exit code 1, one line with the place and the cure, nothing left.
mast ingest -q "$DATA/halfcheetah-sample.hdf5" -o s.h5 --val 0 >/dev/null
mast ingest -q "$DATA/cartpole-sample" -o other.h5 >/dev/null
for store in s other; do
    mast mask $store.h5 -o b-$store.h5 --objective inverse --context 4 --batches 1 >/dev/null
done
head -c 20000 s.h5 >cut.h5
head -c 20000 b-s.h5 >cut-b.h5
: >empty.h5
cp "$DATA/halfcheetah-sample.hdf5" raw.h5
mkdir folder
ls -A >before
try() { mast pretrain "$@"; echo "$?"; }
try none.h5 -o run --objective inverse
try cut.h5 -o run --objective inverse
try cut-b.h5 -o run
try empty.h5 -o run --objective inverse
try raw.h5 -o run --objective inverse
try folder -o run --objective inverse
try b-s.h5 b-other.h5 -o run
try b-s.h5 s.h5 -o run
try s.h5 -o folder --objective inverse
try s.h5 -o folder -O --objective inverse
try s.h5 -o b-s.h5 -O --objective inverse
try s.h5 -o nowhere/run --objective inverse
try s.h5 -o run --objective inverse --eval-every 1
ls -A >after
diff <(grep -v -e before -e after before) <(grep -v -e before -e after after)
