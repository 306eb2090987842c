# What cannot be gone on with, or not so: a line that names the difference, and nothing is changed.
mast ingest -q "$DATA/halfcheetah-sample.hdf5" -o s.h5 >/dev/null
mast ingest -q "$DATA/halfcheetah-sample.hdf5" -o other.h5 --seed 1 >/dev/null
mast pretrain s.h5 -o run --objective inverse --layers 1 --width 16 --context 4 --batch-size 8 --steps 20 \
    --schedule 5:inverse=2 --max-time 0 >/dev/null
cp -r run before
try() {
    mast pretrain --resume "$@" 2>said
    echo "$?"
    sed -E 's/xxh3:[0-9a-f]{16}/HASH/g' said >&2
    diff -r -x .lock before run
}
try none
try s.h5
try run --overwrite
try run -o elsewhere
try run --layers 2 --seed 1 --mask-token -1 --learning-rate 0.1 --batch-size 8 --width 16
try run --objective inverse --objective policy
try run --tokens rtg,obs,act --schedule 5:inverse=3 --precision bf16
try run --eval-every 2 --dropout 0.5 --accumulate 2 --preset mtm
try run other.h5
try run s.h5 s.h5
try run none.h5
# The step that was reached is not taken back.
mast pretrain --resume run --max-time 0 >/dev/null
rm -r before
cp -r run before
try run --steps 1
# The newest whole checkpoint is taken, a broken one named; without any the run does not start anew.
flip() { printf '\x55' | dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null; }
flip run/checkpoints/step-000000002.safetensors 20000
flip before/checkpoints/step-000000002.safetensors 20000
mast verify run 2>&1 | sed -E 's/xxh3:[0-9a-f]{16}/HASH/g'
mast pretrain --resume run --checkpoint-every 1 2>&1 >/dev/null | sed -E 's/xxh3:[0-9a-f]{16}/HASH/g'
mast verify run
# A damaged network of a run that ended is written anew from its last checkpoint.
cp run/model.safetensors kept
flip run/model.safetensors 9000
mast pretrain --resume run 2>&1 | sed -E 's/xxh3:[0-9a-f]{16}/HASH/g'
cmp run/model.safetensors kept
for file in run/checkpoints/*; do truncate -s 1000 "$file"; done
rm run/model.safetensors
mast pretrain --resume run 2>&1 | sed -E 's/length is [0-9]+/length is N/'
echo "${PIPESTATUS[0]}"
