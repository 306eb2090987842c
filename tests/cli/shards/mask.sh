# Batches made in shards are the batches: the same rows, the same training, and none may be missing.
. "$TOP/tests/cli/shards/common"
mast ingest -q "$DATA/halfcheetah-sample.hdf5" -o s.h5 >/dev/null
set="--objective hindsight --objective bert --context 4 --batch-size 8 --batches 11 --seed 2"
mast mask -q s.h5 -o whole.h5 $set >/dev/null
size="--layers 1 --width 16 --steps 30"
mast pretrain whole.h5 $size -o run >/dev/null
for n in 2 11; do
    mkdir "$n"
    for i in $(seq 1 "$n"); do mast mask -q s.h5 -o "$n/b-$i.h5" $set --shard "$i/$n" >/dev/null; done
    joined whole.h5 "$n"/b-*.h5
    mast pretrain "$n/b-*.h5" $size -o "run-$n" >/dev/null
    cmp run/model.safetensors "run-$n/model.safetensors"
done
mast mask s.h5 -o - --format jsonl $set | sha256sum >whole.sum
for i in 1 2 3; do mast mask s.h5 -o - --format jsonl $set --shard $i/3; done | sha256sum | cmp - whole.sum
rm 11/b-7.h5 11/b-3.h5
mast pretrain "11/b-*.h5" $size -o no
mast mask s.h5 -o no.h5 $set --shard 1/12
