# A policy from batches acts as one from their store: it clips actions, and counts returns down by the store's discount.
mast ingest -q "$DATA/halfcheetah-sample.hdf5" -o s.h5 --discount 0.9 >/dev/null
set="--objective policy --tokens rtg,obs,act --context 3 --batch-size 8"
size="--layers 1 --width 16 --steps 3 --learning-rate 0.4 --warmup 1 -q"
mast mask -q s.h5 -o b.h5 $set --batches 3 >/dev/null
mast pretrain b.h5 -o from_batches $size >/dev/null
mast pretrain s.h5 -o from_store $set $size >/dev/null
obs='"obs":[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]'
printf '{%s,"rtg":5}\n{%s,"reward":1}\n{%s,"reward":1}\n' "$obs" "$obs" "$obs" >lines
mast act from_batches <lines >answers
mast act from_store <lines | cmp - answers
grep -c '"clipped":true' answers
# Both would show.
sed -i 's/"discount": 0.9/"discount": 1.0/' from_store/config.json
mast act from_store <lines | cmp -s - answers || echo "the discount counts"
