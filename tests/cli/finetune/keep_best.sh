# A policy that is fitted to one episode gets worse on others after a while: kept is the network of the step with the
# least held-out loss, also by a training that goes on.
command -v python3 >/dev/null || { echo "python3 is not installed"; exit 77; }
mast ingest -q "$DATA/halfcheetah-sample.hdf5" --val 0.3 -o s.h5 >/dev/null
mast pretrain -q s.h5 -o trunk --objective inverse --layers 2 --width 64 --heads 2 --context 4 --batch-size 16 \
    --learning-rate 3e-3 --steps 20 >/dev/null
fit="finetune trunk s.h5 --objective bc --episodes 1 --steps 60 --batch-size 32 --learning-rate 5e-3 --warmup 5 --seed 1
    --weight-decay 0 --eval-every 5 --keep-best --checkpoint-every 5 --keep 100 --threads 1"
mast $fit -v -o whole 2>note >/dev/null
grep -c '^mast finetune: the network of step [0-9]* is kept, with a held-out loss of' note
cat >check.py <<'PY'
import json, struct, sys
def read(path):
    raw = open(path, "rb").read()
    (size,) = struct.unpack("<Q", raw[:8])
    head = json.loads(raw[8 : 8 + size])
    meta = head.pop("__metadata__")
    return meta, {k: raw[8 + size + v["data_offsets"][0] : 8 + size + v["data_offsets"][1]] for k, v in head.items()}
run = sys.argv[1]
seen = [json.loads(line) for line in open(f"{run}/metrics.jsonl")]
held_out = {line["step"]: line["val_loss_bc"] for line in seen if "val_loss_bc" in line}
meta, kept = read(f"{run}/model.safetensors")
best = min(held_out, key=held_out.get)
print("evaluated", len(held_out), "kept the least:", int(meta["best_step"]) == best, float(meta["best_loss"]) == held_out[best])
print("of", meta["step"], "before the last:", best < 60 and held_out[best] < 0.98 * held_out[60])
_, then = read(f"{run}/checkpoints/step-{best:09}.safetensors")
print("as it was then:", all(kept[name] == then[name] for name in kept))
PY
python3 check.py whole
mast verify whole
mast info whole --json | grep -o '"\(step\|finished\)":[a-z0-9]*'
# Gone on with before and after the step that is kept.
for cut in 10 50; do
    cp -r whole "cut-$cut"
    rm "cut-$cut/model.safetensors"
    for file in "cut-$cut"/checkpoints/*; do
        step=$(basename "$file" .safetensors)
        [ "$((10#${step#step-}))" -gt "$cut" ] && rm "$file"
    done
    mast finetune -q --resume "cut-$cut" --threads 1 >/dev/null
    for file in model.safetensors metrics.jsonl checkpoints/step-000000060.safetensors; do cmp "whole/$file" "cut-$cut/$file"; done
done
mast finetune trunk s.h5 -o other --steps 5 --keep-best
mast finetune trunk s.h5 -o other --steps 5 --keep-best --eval-every 6
mast finetune trunk s.h5 -o other --steps 5 --eval-every 5 -q >/dev/null
mast finetune --resume other --steps 6 --keep-best
