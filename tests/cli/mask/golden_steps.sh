# Trajectory masking of the article: of four steps the actions 0 and 1 are hidden in every sample.
mast ingest -q "$DATA/halfcheetah-sample.hdf5" -o s.h5 >/dev/null
mast mask s.h5 -o - --format jsonl --objective steps:actions=0+1 --context 4 --batch-size 4 --batches 1 |
    grep -o '"name".*"rows":[^"]*'
