# Discrete actions are class numbers in the tokens and one-hot in the inputs.
mast ingest -q "$DATA/cartpole-sample" -o s.h5 >/dev/null
mast mask s.h5 -o - --format jsonl --objective steps:actions=1 --context 2 --batch-size 64 --batches 1 |
    sed 's/.*"act":\[\([01]\),[01]\]},"objectives".*"act":\[\[\([01],[01]\)\],\[\(-1,-1\)\]\]}}\]}$/class \1: \2, hidden: \3/' |
    sort -u
mast mask s.h5 -o b.h5 --objective inverse --context 20 --batches 2 --batch-size 8 | grep -o '"samples":16'
