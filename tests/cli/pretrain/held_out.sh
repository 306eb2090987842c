# --eval-every adds losses on held-out episodes; what is trained stays the same.
mast ingest -q "$DATA/halfcheetah-sample.hdf5" -o s.h5 >/dev/null
train() {
    mast pretrain s.h5 --objective inverse --layers 1 --width 16 --context 4 --batch-size 8 --steps 4 "$@"
}
train -o run --eval-every 2 | sed -E 's/:-?[0-9][0-9.e-]*([,}])/:N\1/g'
train -o plain >/dev/null
cmp run/model.safetensors plain/model.safetensors
