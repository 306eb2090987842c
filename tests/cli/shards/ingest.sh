# Shards of a store, however many, are one: read together or merged they hold the bytes that ingest writes at once.
. "$TOP/tests/cli/shards/common"
for i in 1 2 3 4 5; do part "$i"; done
mast ingest -q in-?.hdf5 --seed 3 --val 0.2 --test 0.1 --discount 0.9 -o whole.h5 >/dev/null
mast mask -q whole.h5 -o whole-b.h5 --objective random:ratio=0.2..0.6 --context 4 --batch-size 8 --batches 7 >/dev/null
for n in 2 3 5; do
    mkdir "$n"
    # In any order, as the tasks of an array come.
    for i in $(seq "$n" -1 1); do
        mast ingest -q in-?.hdf5 --seed 3 --val 0.2 --test 0.1 --discount 0.9 --shard "$i/$n" -o "$n/s-$i.h5" >/dev/null
        mast verify "$n/s-$i.h5" >/dev/null || echo damaged
    done
    mast merge "$n/s-*.h5" -o "$n/merged.h5" | sed 's/,"seconds.*//'
    same whole.h5 "$n/merged.h5"
    mast mask -q "$n/s-*.h5" -o "$n/b.h5" --objective random:ratio=0.2..0.6 --context 4 --batch-size 8 --batches 7 >/dev/null
    same whole-b.h5 "$n/b.h5"
done
size="--objective inverse --layers 1 --width 16 --context 4 --batch-size 8 --steps 20"
mast pretrain whole.h5 $size -o run >/dev/null
mast pretrain "3/s-*.h5" $size -o run-quoted >/dev/null
mast pretrain 3/s-*.h5 $size -o run-listed >/dev/null
cmp run/model.safetensors run-quoted/model.safetensors
cmp run/metrics.jsonl run-listed/metrics.jsonl
mast pretrain --resume run-listed --steps 25 2>/dev/null | grep -c '"step"'
diff <(mast evaluate run whole.h5) <(mast evaluate run "5/s-*.h5")
# Two stores in shards are two domains; a store is named without its shards' numbers.
mast pretrain "2/s-*.h5" whole.h5 $size -o two >/dev/null
mast info two --json | grep -o '"name":"[a-z]*","share' | sort
# What is missing is named.
mast merge 5/s-1.h5 5/s-4.h5 -o no.h5
mast pretrain 3/s-2.h5 $size -o no
mast mask 2/s-1.h5 -o no.h5 --objective inverse --context 4
mast merge 2/s-1.h5 2/s-2.h5 2/s-2.h5 -o no.h5
mast merge 2/s-*.h5 3/s-*.h5 -o no.h5
mast merge whole.h5 -o no.h5
mast merge 'nothing-*.h5' -o no.h5
mast ingest in-?.hdf5 --shard 1/6 -o no.h5
for shard in 0/2 3/2 1 1/ a/b 1/2/3 -1/2; do mast ingest in-1.hdf5 --shard=$shard -o no.h5; done
ls no* 2>/dev/null
true
