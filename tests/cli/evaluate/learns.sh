# Some seconds of training beat what needs no learning: the inverse loss comes below the linear
# baseline's.
mast ingest -q "$DATA/halfcheetah-sample.hdf5" -o s.h5 >/dev/null
mast pretrain s.h5 -o run --objective inverse --layers 2 --width 64 --context 4 --steps 600 \
    --learning-rate 3e-3 >/dev/null
mast evaluate run s.h5 | awk -F'[:,]' '{
    for (i = 1; i < NF; i++) { if ($i ~ /"loss"/) loss = $(i + 1); if ($i ~ /linear/) linear = $(i + 1) }
    print (loss < 0.8 * linear) ? "beats linear" : "loss " loss ", linear " linear }'
