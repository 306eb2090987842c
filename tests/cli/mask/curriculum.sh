# Hindsight grows from the first batch of a file to the last, as in a training.
mast ingest -q "$DATA/halfcheetah-sample.hdf5" -o s.h5 >/dev/null
mast mask s.h5 -o - --format jsonl -q --objective hindsight --context 10 --batch-size 1 --batches 20 --compact |
    sed -E 's/.*"predict":\[([^]]*)\].*/\1/' | awk -F, '{print NF}' | uniq -c | awk '{print $1, $2}'
