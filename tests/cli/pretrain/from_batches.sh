# Batches hold what a store would have given: the same seed trains the same weights from either.
mast ingest -q "$DATA/cartpole-sample" -o s.h5 >/dev/null
mast mask s.h5 -o b.h5 --objective policy --objective random:ratio=0.4 --context 5 --batch-size 8 \
    --batches 4 --seed 3 >/dev/null
size="--layers 1 --width 16 --steps 4 --seed 3"
mast pretrain b.h5 -o from_batches $size | grep -o '"step":[0-9]*,"tokens":[0-9]*'
mast pretrain s.h5 -o from_store $size --objective policy --objective random:ratio=0.4 --context 5 \
    --batch-size 8 >/dev/null
cmp from_batches/model.safetensors from_store/model.safetensors
# Several files follow each other; after the last comes the first.
mast pretrain b.h5 b.h5 -o twice --layers 1 --width 16 --steps 9 --seed 3 >/dev/null
mast pretrain b.h5 -o once --layers 1 --width 16 --steps 9 --seed 3 >/dev/null
cmp twice/model.safetensors once/model.safetensors
