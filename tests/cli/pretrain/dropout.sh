# Dropout: the same weights for one thread or two, others for another seed; none is as if it were not there.
mast ingest -q "$DATA/halfcheetah-sample.hdf5" -o s.h5 >/dev/null
train() {
    name=$1
    shift
    mast pretrain s.h5 -o "$name" --objective inverse --objective random:ratio=0.3,of=act --layers 1 --width 16 \
        --context 4 --batch-size 8 --steps 3 --warmup 0 "$@" >/dev/null
}
same() { cmp -s "$1/model.safetensors" "$2/model.safetensors" && echo "$1 is $2" || echo "$1 is not $2"; }
train plain
train none --dropout 0
train some --dropout 0.2 --threads 1
train two_threads --dropout 0.2 --threads 2
train other_seed --dropout 0.2 --seed 1
same none plain
same some plain
same two_threads some
same other_seed some
grep '"dropout"' plain/config.json some/config.json
mast info some | grep '^dropout'
# Only training drops: a score is the same each time.
mast evaluate some s.h5 >first.txt
mast evaluate some s.h5 | cmp - first.txt && wc -l <first.txt
