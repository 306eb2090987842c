# 1, 2 and 4 processes train the same: losses to 1e-5 over 200 steps, every metric that is counted to the digit.
. "$TOP/tests/cli/processes/common"
command -v python3 >/dev/null || { echo "python3 is not installed"; exit 77; }
mast ingest -q "$DATA/halfcheetah-sample.hdf5" -o s.h5 >/dev/null
size="--layers 2 --width 32 --context 6 --batch-size 12 --steps 200 --seed 5 --threads 1 --learning-rate 1e-3"
mixed="--objective inverse --objective random:ratio=0.1..0.9 --objective forward:target=latent --dropout 0.1"
compare() { # NAME OPTION...
    local name=$1
    shift
    mast pretrain s.h5 "$@" $size -o "$name-1" >/dev/null
    for n in 2 4; do
        together "$n" pretrain s.h5 "$@" $size -o "$name-$n" >"$name.out" || echo "$name: exit $?"
        [ "$(wc -l <"$name.out")" -eq "$(wc -l <"$name-1/metrics.jsonl")" ] || echo "$name: lines"
        python3 - "$name-1/metrics.jsonl" "$name-$n/metrics.jsonl" "$name" "$n" <<'PY'
import json, sys
one, many = ([json.loads(line) for line in open(path)] for path in sys.argv[1:3])
assert [sorted(line) for line in one] == [sorted(line) for line in many]
worst = 0
for a, b in zip(one, many):
    for key, value in a.items():
        if isinstance(value, float) and key.startswith(("loss", "val_loss", "grad_norm")):
            worst = max(worst, abs(value - b[key]) / abs(value))
        elif value != b[key]:
            sys.exit(f"{sys.argv[3]}: {key} is {b[key]}, with one process {value}")
print(sys.argv[3], sys.argv[4], len(one), "lines:", "equal to 1e-5" if worst <= 1e-5 else f"differ by {worst}")
PY
        mast verify "$name-$n" >/dev/null || echo "$name-$n is damaged"
    done
}
compare mixed $mixed --eval-every 100
compare whole --objective contrast:delta=1 --objective bert --accumulate 5
# Gradients that travel in half the bytes are rounded: near, and no more.
together 2 pretrain s.h5 $mixed $size --exchange bf16 -o bf16 >/dev/null
python3 - mixed-1/metrics.jsonl bf16/metrics.jsonl <<'PY'
import json, sys
one, many = ([json.loads(line)["loss"] for line in open(path)] for path in sys.argv[1:])
print("bf16", one[-1] != many[-1] and abs(one[-1] - many[-1]) < 0.02 * one[-1])
PY
