# A training that was stopped and goes on gives the bytes of one that never stopped: parameters, moments,
# averages and metrics; from a store and from batches, and for any number of threads.
mast ingest -q "$DATA/halfcheetah-sample.hdf5" -o s.h5 >/dev/null
mast mask -q s.h5 -o b.h5 --objective inverse --objective bert --context 4 --batch-size 8 --batches 7 >/dev/null
size="--layers 1 --width 16 --seed 3 --checkpoint-every 40"
grown="--objective inverse --objective hindsight --objective forward:target=latent --context 4 --batch-size 4"
# compare NAME INPUT OPTION...: 230 steps at once, and in parts that end anywhere.
compare() {
    name=$1
    shift
    mast pretrain "$@" $size -o "$name" --steps 230 --threads 1 >"$name.all"
    mast pretrain "$@" $size -o "$name-parts" --steps 230 --max-time 0 >"$name.parts"
    mast pretrain --resume "$name-parts" --max-time 0.03 --threads 2 >>"$name.parts"
    mast pretrain --resume "$name-parts" --threads 2 >>"$name.parts"
    for file in model.safetensors metrics.jsonl tensorboard/events.out.tfevents.0.mast checkpoints/step-000000230.safetensors; do
        cmp "$name/$file" "$name-parts/$file"
    done
    # What was printed is extended, not repeated.
    diff <(grep -o '"step":[0-9]*' "$name.all") <(grep -o '"step":[0-9]*' "$name.parts")
    echo "$name $(wc -l <"$name.parts")"
}
compare store s.h5 $grown --eval-every 50 --dropout 0.1 --accumulate 2 --schedule 2:hindsight=0 --schedule 200:hindsight=1
compare bf16 s.h5 $grown --precision bf16
compare batches b.h5 --accumulate 3
# The last checkpoints are kept; a file that a killed process left behind goes.
ls store/checkpoints
touch store-parts/.config.json.1.0.tmp store-parts/checkpoints/.step-000000240.safetensors.1.0.tmp
{ mast pretrain --resume store-parts --steps 231 --keep 1 >/dev/null; } 2>&1
ls -A store-parts store-parts/checkpoints
mast verify store-parts
mast info store-parts | grep -E '^(finished|step|steps) '
# Nothing is left to do; the data may have moved.
mast pretrain --resume store 2>&1
mv b.h5 moved.h5
mast pretrain --resume batches --steps 233 2>&1
mast pretrain moved.h5 --resume batches -o batches/ --steps 233 --accumulate 3 --seed 3 2>/dev/null | grep -o '"step":[0-9]*'
