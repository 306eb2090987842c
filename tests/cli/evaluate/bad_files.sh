# Runs and stores that cannot be: exit code 1, and one line with the place and the cure.
mast ingest -q "$DATA/halfcheetah-sample.hdf5" -o s.h5 --val 0 >/dev/null
mast ingest -q "$DATA/cartpole-sample" -o other.h5 >/dev/null
mast mask s.h5 -o b.h5 --objective inverse --context 4 --batches 1 >/dev/null
mast pretrain s.h5 -o run --objective inverse --layers 1 --width 16 --context 5 --batch-size 8 --steps 1 >/dev/null
head -c 20000 s.h5 >cut.h5
for damage in unended no-config cut flipped other-sizes; do cp -r run "$damage"; done
rm unended/model.safetensors no-config/config.json
truncate -s -4 cut/model.safetensors
printf '\x55' | dd of=flipped/model.safetensors bs=1 seek="$(($(stat -c %s run/model.safetensors) - 40))" conv=notrunc 2>/dev/null
sed -i 's/"width": 16/"width": 8/; s/"layers": 1/"layers": 2/' other-sizes/config.json
try() {
    mast evaluate "$@" 2>said
    echo "$?"
    sed -E 's/xxh3:[0-9a-f]{16}/HASH/g' said >&2
}
try none s.h5 --split train
try s.h5 s.h5 --split train
try run none.h5
try run cut.h5
try run b.h5
try run other.h5
try run s.h5
try unended s.h5
try no-config s.h5
try cut s.h5
try flipped s.h5
try other-sizes s.h5
