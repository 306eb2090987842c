# A training goes on with another number of processes; with the same number, as if it had never stopped.
. "$TOP/tests/cli/processes/common"
mast ingest -q "$DATA/halfcheetah-sample.hdf5" -o s.h5 >/dev/null
size="--objective inverse --objective random:ratio=0.1..0.9 --layers 1 --width 16 --context 4 --batch-size 8 --seed 3 --threads 1 --checkpoint-every 40"
mast pretrain s.h5 $size --steps 100 -o one >/dev/null
together 2 pretrain s.h5 $size --steps 100 -o two >/dev/null
losses_agree() { # RUN
    python3 - one/metrics.jsonl "$1/metrics.jsonl" <<'PY'
import json, sys
one, many = ([json.loads(line) for line in open(path)] for path in sys.argv[1:])
assert len(one) == len(many)
print(max(abs(a["loss"] - b["loss"]) / a["loss"] for a, b in zip(one, many)) < 1e-5)
PY
}
# 2 -> 1 and 1 -> 2, from the checkpoint at step 80.
for run in one two; do
    cp -r "$run" "$run-cut"
    rm "$run-cut"/checkpoints/step-000000100.safetensors "$run-cut"/model.safetensors
done
mast pretrain --resume two-cut --threads 1 | grep -c '"step"'
together 2 pretrain --resume one-cut --threads 1 | grep -c '"step"'
losses_agree two-cut
losses_agree one-cut
# 2 -> 2, to the bit.
cp -r two two-again
rm two-again/checkpoints/step-000000100.safetensors two-again/model.safetensors
together 2 pretrain --resume two-again --threads 1 >/dev/null
for file in model.safetensors metrics.jsonl checkpoints/step-000000100.safetensors; do
    cmp "two/$file" "two-again/$file"
done
together 2 pretrain --resume two-again 2>&1 | own_words
# finetune, too.
together 2 finetune two s.h5 -o policy --steps 10 --batch-size 8 --threads 1 | grep -c '"step"'
mast verify policy >/dev/null || echo damaged
