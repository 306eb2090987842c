# BERT's replaced and kept tokens: inputs show what source_M says, -1 is the mask value; training from
# the file sees what training from the store sees.
mast ingest -q "$DATA/cartpole-sample" -o s.h5 >/dev/null
mast mask s.h5 -o b.h5 -q --objective bert:ratio=0.6,mask=0.4,replace=0.3 --context 5 --batch-size 8 --batches 3 |
    grep -o '"hidden_asked":[^,]*'
size="--layers 1 --width 8 --heads 2 --steps 3 -q"
mast pretrain b.h5 -o from_batches $size | grep -o '"loss":[^,]*' >a
mast pretrain s.h5 -o from_store $size --objective bert:ratio=0.6,mask=0.4,replace=0.3 --context 5 --batch-size 8 |
    grep -o '"loss":[^,]*' >b
cmp a b && cmp from_batches/model.safetensors from_store/model.safetensors && echo same
mast verify b.h5
