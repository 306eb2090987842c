# What is not whole: exit code 1 and a line with the place; the other files are still looked at.
mast ingest -q "$DATA/cartpole-sample" -o s.h5 >/dev/null
mast mask s.h5 -o b.h5 --objective inverse --context 4 --batches 1 >/dev/null
mast pretrain b.h5 -o run --layers 1 --width 16 --steps 1 >/dev/null
# flip FILE BYTES-FROM-THE-END
flip() { printf '\x55' | dd of="$1" bs=1 seek="$(($(stat -c %s "$1") - $2))" conv=notrunc 2>/dev/null; }
cp run/model.safetensors flipped.safetensors
flip flipped.safetensors 41
cp run/model.safetensors cut.safetensors
truncate -s -1 cut.safetensors
head -c 9 run/model.safetensors >header.safetensors
head -c 20000 s.h5 >cut.h5
cp "$DATA/halfcheetah-sample.hdf5" raw.h5
: >empty.h5
cp -r run unended
rm unended/model.safetensors
cp -r run config
sed -i 's/"heads": /"heads": 0/' config/config.json
mkdir folder
for name in flipped.safetensors cut.safetensors header.safetensors cut.h5 raw.h5 empty.h5 none.h5 unended config folder; do
    mast verify "$name" 2>said
    echo "$?"
    sed -E 's/\(\[json.*\),/(…),/; s/xxh3:[0-9a-f]{16}/HASH/g; s/length is [0-9]+/length is N/' said >&2
done
mast verify none.h5 s.h5 cut.h5
echo "$?"
mast verify
echo "$?"
