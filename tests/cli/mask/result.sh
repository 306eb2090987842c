# The counts of four batches, and the hidden fraction asked for beside the one that came.
mast ingest -q "$DATA/halfcheetah-sample.hdf5" -o s.h5 >/dev/null
mast mask s.h5 -o b.h5 --objective inverse --objective random:ratio=0.3,of=act \
    --context 10 --batch-size 16 --batches 4
ls -A
