# --patterns scores all that the run's heads can answer: which these are, and that the returns of rcbc
# are asked for only where there are such tokens.
mast ingest -q "$DATA/halfcheetah-sample.hdf5" -o s.h5 >/dev/null
size="--layers 1 --width 8 --heads 2 --context 6 --steps 2 -q"
mast pretrain s.h5 -o all --objective random --tokens rtg,obs,act $size >/dev/null
mast pretrain s.h5 -o actions --objective random:of=act $size >/dev/null
for run in all actions; do
    echo "$run"
    mast evaluate "$run" s.h5 --patterns -q | sed -E 's/"loss".*"count"/"count"/'
done
