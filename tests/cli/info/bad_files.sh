# What cannot be told about: one line and exit code 1, or 2 for the command line.
mast ingest -q "$TOP/tests/cli/ingest/files/flat.hdf5" -o s.h5 >/dev/null
head -c 3000 s.h5 >cut.h5
echo text >text.h5
mkdir folder broken
echo '{' >broken/config.json
try() { mast info "$@"; echo "$?"; }
try
try a b
try -
try none.h5
try cut.h5
try text.h5
try folder
try broken
