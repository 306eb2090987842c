# Inputs and outputs that cannot be: exit code 1, one line with the place and the cure, nothing left.
mast ingest -q "$DATA/halfcheetah-sample.hdf5" -o s.h5 --val 0 >/dev/null
head -c 20000 s.h5 >cut.h5
: >empty.h5
mast mask s.h5 -o batches.h5 --objective inverse --context 4 --batches 1 >/dev/null
cp "$DATA/halfcheetah-sample.hdf5" raw.h5
mkdir folder
ls -A >before
try() { mast mask "$@" --objective inverse; echo "$?"; }
try none.h5 -o b.h5
try cut.h5 -o b.h5
try empty.h5 -o b.h5
try raw.h5 -o b.h5
try batches.h5 -o b.h5
try folder -o b.h5
try s.h5 -o folder
try s.h5 -o nowhere/b.h5
try s.h5 -o b.h5 --split val
try s.h5 -o b.h5 --batches 1000000000000 2>&1 | sed 's/the [0-9]* MB that/the N MB that/'
ls -A >after
diff <(grep -v -e before -e after before) <(grep -v -e before -e after after)
