# --encoder visible: hidden tokens join late; the run remembers it, and where nothing is hidden nothing changes.
mast ingest -q "$DATA/halfcheetah-sample.hdf5" -o s.h5 >/dev/null
train() {
    name=$1
    shift
    mast pretrain s.h5 -o "$name" --layers 4 --width 16 --heads 2 --context 4 --batch-size 8 --steps 3 --warmup 0 \
        "$@" >/dev/null
}
same() { cmp -s "$1/model.safetensors" "$2/model.safetensors" && echo "$1 is $2" || echo "$1 is not $2"; }
train all --objective random:ratio=0.7
train late --objective random:ratio=0.7 --encoder visible
train later --objective random:ratio=0.7 --encoder visible --decoder-layers 2
train two_threads --objective random:ratio=0.7 --encoder visible --threads 2
train nothing_hidden --objective policy
train nothing_late --objective policy --encoder visible
same late all
same later late
same two_threads late
same nothing_late nothing_hidden
grep -h '"encoder_layers"' all/config.json late/config.json later/config.json
mast evaluate late s.h5 >scores.txt && echo evaluated
