# The format is found out and named.
cp "$TOP"/tests/cli/ingest/files/*.hdf5 .
for name in flat robomimic d3rlpy; do
    mast ingest "$name.hdf5" -o "$name.h5" | sed 's/"seconds":[0-9.e-]*/"seconds":0/'
done
mast info robomimic.h5 | grep -A 3 '^components'
mast info d3rlpy.h5 | grep '^ends'
