# Batches hold what a store would have given: the same seed trains the same weights from either.
mast ingest -q "$DATA/cartpole-sample" -o s.h5 >/dev/null
mast mask s.h5 -o b.h5 --objective policy --objective random:ratio=0.4 --context 5 --batch-size 8 \
    --batches 4 --seed 3 >/dev/null
size="--layers 1 --width 16 --steps 4 --seed 3"
mast pretrain b.h5 -o from_batches $size | grep -o '"step":[0-9]*,"tokens":[0-9]*'
mast pretrain s.h5 -o from_store $size --objective policy --objective random:ratio=0.4 --context 5 \
    --batch-size 8 >/dev/null
cmp from_batches/model.safetensors from_store/model.safetensors
acting() { sed -n '/"acting"/,/}/p' "$1/config.json"; }
diff <(acting from_batches) <(acting from_store)
# Several files follow each other; after the last comes the first.
mast pretrain b.h5 b.h5 -o twice --layers 1 --width 16 --steps 9 --seed 3 >/dev/null
mast pretrain b.h5 -o once --layers 1 --width 16 --steps 9 --seed 3 >/dev/null
cmp twice/model.safetensors once/model.safetensors
# What a policy needs to act comes with them: the discount, and the range of continuous actions.
mast ingest -q "$DATA/halfcheetah-sample.hdf5" -o c.h5 --discount 0.9 >/dev/null
set="--objective inverse --context 4 --batch-size 8"
mast mask -q c.h5 -o cb.h5 $set --batches 1 >/dev/null
mast pretrain cb.h5 -o from_batches -O --layers 1 --width 16 --steps 1 >/dev/null
mast pretrain c.h5 -o from_store -O --layers 1 --width 16 --steps 1 $set >/dev/null
diff <(acting from_batches) <(acting from_store)
acting from_batches | tr -d ' \n'
echo
