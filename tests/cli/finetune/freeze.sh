# What is frozen keeps its bits, and goes on doing so when the training is resumed.
mast ingest -q "$DATA/halfcheetah-sample.hdf5" -o s.h5 >/dev/null
mast pretrain -q s.h5 -o trunk --objective policy --objective forward --context 4 --layers 1 --width 16 --steps 20 >/dev/null
mast finetune -q trunk s.h5 -o frozen --freeze --steps 40 --max-time 0 >/dev/null
mast finetune -q --resume frozen --steps 40 >/dev/null
mast finetune -q trunk s.h5 -o whole --freeze --steps 40 >/dev/null
cmp frozen/model.safetensors whole/model.safetensors
mast finetune -q trunk s.h5 -o free --steps 40 >/dev/null
# Without the trunk's run a training goes on from what it started with.
mast finetune -q trunk s.h5 -o again --freeze --steps 40 --max-time 0 >/dev/null
rm again/checkpoints/step-000000001.safetensors again/model.safetensors
mv trunk moved
mast finetune -q --resume again --steps 40 >/dev/null
cmp again/model.safetensors whole/model.safetensors
tensor() { # RUN NAME: its bytes, by the header that stands before them
    file=$1/model.safetensors
    size=$(od -An -t u8 -N 8 "$file")
    place=$(head -c $((8 + size)) "$file" | grep -ao "\"$2\":{[^}]*" | grep -o '\[[0-9]*,[0-9]*\]$' | tr -d '[]')
    tail -c +$((9 + size + ${place%,*})) "$file" | head -c $((${place#*,} - ${place%,*}))
}
for run in frozen free; do
    for name in embed.obs.weight position.weight blocks.0.attn.qkv.weight ln_f.bias heads.policy.act.weight; do
        if [ "$(tensor moved $name | md5sum)" = "$(tensor $run $name | md5sum)" ]; then kept=kept; else kept=trained; fi
        echo "$run $name $(tensor $run $name | wc -c) $kept"
    done
done
