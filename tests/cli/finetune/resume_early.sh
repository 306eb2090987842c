# What is taken from a trunk is saved first. If even that failed, the run does not go on from other values.
mast ingest -q "$DATA/halfcheetah-sample.hdf5" -o s.h5 >/dev/null
mast pretrain -q s.h5 -o trunk --objective inverse --context 5 --layers 1 --width 16 --steps 3 >/dev/null
for how in --freeze --from-scratch; do
    mast finetune -q trunk s.h5 -o run $how --steps 5 --max-time 0 >/dev/null
    rm run/model.safetensors run/checkpoints/*
    mast finetune --resume run -q | tail -n 1 | grep -o '"step":[0-9]*'
    echo "${PIPESTATUS[0]}"
    rm -r run
done
