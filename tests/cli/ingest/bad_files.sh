# Inputs and outputs that cannot be: exit code 1, one line with the place and the cure, nothing left.
cp "$TOP"/tests/cli/ingest/files/{flat,foreign}.hdf5 .
head -c 1000 flat.hdf5 >cut.hdf5
: >empty.hdf5
echo 'obs,act' >table.csv
mast ingest -q flat.hdf5 -o own.h5 >/dev/null
mkdir folder
echo precious >there.h5
ls -A >before
try() { mast ingest "$@"; echo "$?"; }
try none.hdf5 -o s.h5
try empty.hdf5 -o s.h5
try table.csv -o s.h5
try cut.hdf5 -o s.h5
try own.h5 -o s.h5
try folder -o s.h5
try foreign.hdf5 -o s.h5
try flat.hdf5 none.hdf5 -o s.h5
try flat.hdf5 -o there.h5
try flat.hdf5 -o folder
try flat.hdf5 -o nowhere/s.h5
cat there.h5
try flat.hdf5 -o there.h5 --overwrite | sed 's/"seconds":[0-9.e-]*/"seconds":0/'
ls -A >after
diff <(grep -v -e before -e after before) <(grep -v -e before -e after after)
