# Metrics that cannot be printed are an error, not a silence.
mast ingest -q "$DATA/halfcheetah-sample.hdf5" -o s.h5 >/dev/null
mast pretrain s.h5 -o run --objective inverse --layers 1 --width 16 --context 4 --batch-size 8 --steps 2 >/dev/full
echo "$?"
