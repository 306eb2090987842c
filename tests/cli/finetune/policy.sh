# A policy from a trunk that was trained without it, with tokens and a context that the trunk does not have.
mast ingest -q "$DATA/halfcheetah-sample.hdf5" -o s.h5 >/dev/null
mast pretrain -q s.h5 -o trunk --objective inverse --objective forward --context 5 --layers 2 --width 32 --steps 60 >/dev/null
mast finetune -v trunk s.h5 -o policy --steps 40 2>&1 >/dev/null | grep taken
mast finetune -q trunk s.h5 -o returns --tokens rtg,obs,act --context 8 --episodes 3 --steps 40 | tail -1 | grep -o '"step":[0-9]*'
mast finetune -v trunk s.h5 -o more --tokens rtg,obs,act --context 8 --steps 1 2>&1 >/dev/null | grep taken
# Scaling is that of the trunk, whatever the data; the history is that of both.
for run in policy returns; do
    diff <(sed -n '/"scaler"/,/"components"/p' trunk/config.json) <(sed -n '/"scaler"/,/"components"/p' $run/config.json)
    grep -E -e '"(episodes|run|from_scratch|frozen)"' $run/config.json
    grep -o '"command": "mast [a-z]*' $run/config.json
done
mast verify policy
mast evaluate -q policy s.h5 | grep -o '"objective":"policy","target":"act"'
