# Another seed divides the same shards otherwise, which their datasets do not tell.
. "$TOP/tests/cli/shards/common"
for i in 1 2 3 4; do part "$i"; done
shards() { # SEED
    for i in 1 2; do mast ingest -q in-?.hdf5 -O -o "s-$i.h5" --shard "$i/2" --val 0.3 --seed "$1" >/dev/null; done
}
shards 0
mast pretrain -q s-1.h5 s-2.h5 -o run --objective inverse --layers 1 --width 16 --context 4 --batch-size 8 --steps 4 \
    --max-time 0 >/dev/null
shards 1
mast pretrain --resume run 2>&1 | sed -E 's/xxh3:[0-9a-f]{16}/HASH/g'
shards 0
# As many files, but two stores.
mast ingest -q in-1.hdf5 -o a.h5 >/dev/null
mast ingest -q in-2.hdf5 -o b.h5 >/dev/null
mast pretrain a.h5 b.h5 --resume run
echo "$?"
mast pretrain -q --resume run | tail -n 1 | grep -o '"step":[0-9]*'
