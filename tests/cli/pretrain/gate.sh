# --gate gru: remembered by the run, resumed to the bit, and taken over by finetune, which cannot change it.
mast ingest -q "$DATA/halfcheetah-sample.hdf5" -o s.h5 >/dev/null
train() {
    name=$1
    shift
    mast pretrain -q s.h5 -o "$name" --objective random --objective policy --layers 2 --width 16 --heads 2 --context 4 \
        --batch-size 8 --warmup 0 --steps 6 "$@" >/dev/null
}
same() { cmp -s "$1/model.safetensors" "$2/model.safetensors" && echo "$1 is $2" || echo "$1 is not $2"; }
for precision in f32 bf16; do
    train sums_$precision --precision $precision
    train none_$precision --precision $precision --gate none
    train gated_$precision --precision $precision --gate gru
    train threads_$precision --precision $precision --gate gru --threads 2
    train broken_$precision --precision $precision --gate gru --max-time 0
    mast pretrain -q --resume broken_$precision >/dev/null
    same none_$precision sums_$precision
    same gated_$precision sums_$precision
    same threads_$precision gated_$precision
    same broken_$precision gated_$precision
done
mast pretrain --resume gated_f32 --gate none
mast pretrain s.h5 -o x --objective policy --gate lstm
grep -h '"gate"' sums_f32/config.json gated_f32/config.json
mast info gated_f32 | grep ^gate
mast finetune gated_f32 s.h5 -o policy --gate none
mast finetune -q gated_f32 s.h5 -o policy --steps 3 >/dev/null
mast finetune -q sums_f32 s.h5 -o scratch --from-scratch --gate gru --steps 3 >/dev/null
mast verify policy scratch gated_f32
for use in infill embed; do
    mast $use -q policy s.h5 -o $use.h5 >/dev/null && mast verify $use.h5
done
mast evaluate -q policy s.h5 | grep -o '"objective":"policy"'
echo '{"obs":[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]}' | mast act policy | grep -c '^{"act":\[-\?[0-9]'
mast bench --preset tiny --gate gru --steps 2 -q | grep -o '"gate":"gru"'
