# A step of several batches is one of all their windows, from a store or from batches.
mast ingest -q "$DATA/halfcheetah-sample.hdf5" -o s.h5 >/dev/null
train() {
    name=$1
    shift
    mast pretrain "$@" -o "$name" --layers 1 --width 16 --steps 3 --seed 3 --warmup 0 |
        grep -o '"step":[0-9]*,"tokens":[0-9]*'
}
from_store="s.h5 --objective inverse --objective random:ratio=0.1..0.7,of=act --context 4"
train four $from_store --batch-size 4 --accumulate 4
train one $from_store --batch-size 16 >/dev/null
# Equal but for the order of sums: four digits of every loss and of the gradient's norm.
for name in four one; do
    grep -oE '"(loss[^"]*|grad_norm)":[0-9.]+' $name/metrics.jsonl |
        while IFS= read -r line; do printf '%s %.3e\n' "${line%:*}" "${line##*:}"; done >$name.txt
done
cmp four.txt one.txt && wc -l <four.txt
grep -o '"accumulate": [0-9]*' four/config.json one/config.json
mast info four | grep '^accumulate'
# The same windows from a file: the same bits.
mast mask -q $from_store -o b.h5 --batch-size 4 --batches 12 --seed 3 >/dev/null
train from_batches b.h5 --accumulate 4 >/dev/null
cmp four/model.safetensors from_batches/model.safetensors
# More than the memory holds is refused before anything is read.
mast pretrain s.h5 -o none --objective inverse --accumulate 1000000000000 2>&1 |
    sed 's/needs [0-9.]* GB/needs N GB/; s/the [0-9.]* GB to be had/the N GB to be had/'
ls
