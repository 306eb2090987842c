# A run is replaced only when asked; a refused one stays as it was.
mast ingest -q "$DATA/halfcheetah-sample.hdf5" -o s.h5 >/dev/null
train() {
    mast pretrain s.h5 -o run --objective inverse --layers 1 --width 16 --context 4 --batch-size 8 \
        --steps 2 "$@" >/dev/null
    echo "$?"
}
train
cp run/model.safetensors first
train --seed 1
cmp run/model.safetensors first
train --seed 1 --overwrite
cmp -s run/model.safetensors first || echo replaced
mast verify run
