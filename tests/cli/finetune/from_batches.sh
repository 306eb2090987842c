# A trunk that batches trained knows the scaling of their tokens only: that of a new kind is the store's.
mast ingest -q "$DATA/halfcheetah-sample.hdf5" -o s.h5 >/dev/null
mast mask s.h5 -o b.h5 --objective inverse --context 5 --batches 8 >/dev/null
mast pretrain -q b.h5 -o trunk --layers 1 --width 16 --steps 3 >/dev/null
mast pretrain -q s.h5 -o other --objective inverse --context 5 --layers 1 --width 16 --steps 3 >/dev/null
for run in trunk other; do
    mast finetune -q $run s.h5 -o $run-policy --tokens rtg,obs,act --steps 3 | tail -n 1 | grep -o '"step":[0-9]*'
done
# Both have the store's scaling, so the same weights, and answer alike.
cmp trunk-policy/model.safetensors other-policy/model.safetensors
obs='"obs":[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]'
printf '{%s,"rtg":100}\n{%s,"reward":1}\n' "$obs" "$obs" >lines
mast act trunk-policy <lines | cmp - <(mast act other-policy <lines) && echo "alike"
