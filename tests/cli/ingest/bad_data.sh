# Data that cannot be learned from: one line names dataset, row and cure; exit code 1, nothing left.
cp "$TOP"/tests/cli/ingest/files/*.hdf5 .
try() { mast ingest "$@" -o s.h5; echo "$?"; }
try nan.hdf5
try infinity.hdf5
try too_large.hdf5
try lengths.hdf5
try empty.hdf5
try zero_length.hdf5
try no_ends.hdf5
try no_actions.hdf5
try images.hdf5
try text.hdf5
try complex.hdf5
try mixed_actions.hdf5
try flat.hdf5 d3rlpy.hdf5
try flat.hdf5 --map rewards=reward
rm ./*.hdf5
ls -A
