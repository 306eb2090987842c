# A line for each objective and target; the baselines are those that numpy finds (their own decimals
# are cut: the last ones depend on the machine's order of sums).
mast ingest -q "$DATA/halfcheetah-sample.hdf5" -o s.h5 >/dev/null
mast pretrain s.h5 -o run --objective inverse --objective random:ratio=0.3 --layers 1 --width 16 \
    --context 5 --steps 2 >/dev/null
mast evaluate run s.h5 >scores
sed -E 's/"loss":[0-9.e-]+/"loss":N/; s/:[0-9.]+e-[0-9]+/:0.000/g; s/(baseline_[a-z]+":[0-9]+\.[0-9]{3})[0-9]*/\1/g; s/("(loss_without_next|shortcut_gap)":)-?[0-9.]+/\1N/g' scores
mast evaluate run s.h5 --threads 1 | cmp - scores
mast evaluate run s.h5 --objective random:ratio=0.5,of=act | grep -o '"objective".*"target":"act"'
mast evaluate run s.h5 -v --objective inverse 2>&1 >/dev/null | sed -E 's/0\.[0-9]+|[1-9]\.[0-9]+/N/g'
