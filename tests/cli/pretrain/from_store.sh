# A run from a store: metrics on stdout and in the folder are the same lines, but for what a clock says;
# weights and metrics have the same bits for one thread or two.
mast ingest -q "$DATA/halfcheetah-sample.hdf5" -o s.h5 >/dev/null
train() {
    mast pretrain s.h5 --objective inverse --objective random:ratio=0.3,of=act --layers 1 --width 16 \
        --context 4 --batch-size 8 --steps 3 "$@"
}
train -o run --threads 1 >metrics
sed -E 's/:-?[0-9][0-9.e-]*([,}])/:N\1/g; s/"step":N,"tokens":N/"step":…,"tokens":…/' metrics
grep -o '"step":[0-9]*,"tokens":[0-9]*' metrics
sed 's/,"tokens_per_second":[0-9.]*}$/}/' metrics | cmp - run/metrics.jsonl
ls run run/checkpoints
train -o again --threads 2 >/dev/null
cmp run/model.safetensors again/model.safetensors
cmp run/metrics.jsonl again/metrics.jsonl
cmp run/checkpoints/step-000000003.safetensors again/checkpoints/step-000000003.safetensors
