# Hidden actions hold the mask value in the inputs, shown ones do not.
mast ingest -q "$DATA/halfcheetah-sample.hdf5" -o s.h5 >/dev/null
lines() {
    mast mask s.h5 -o - --format jsonl --objective steps:actions=1 --context 2 --batch-size 1 --batches 1 "$@"
}
lines | grep -o '"inputs".*' | grep -o ',\[-1,-1,-1,-1,-1,-1\]]'
lines --mask-value 0.5 | grep -o '"inputs".*' | grep -o ',\[0.5,0.5,0.5,0.5,0.5,0.5\]]'
lines --compact | grep '"inputs"' || echo 'no inputs'
