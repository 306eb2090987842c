# Discrete actions: cross entropy in nats, of the model and of each baseline.
mast ingest -q "$DATA/cartpole-sample" -o s.h5 --val 0.25 >/dev/null
mast pretrain s.h5 -o run --objective inverse --objective policy --layers 1 --width 16 --context 5 \
    --steps 2 >/dev/null
mast evaluate run s.h5 |
    sed -E 's/"loss":[0-9.e-]+/"loss":N/; s/:[0-9.]+e-[0-9]+/:0.000/g; s/(baseline_[a-z]+":[0-9]+\.[0-9]{3})[0-9]*/\1/g; s/("(loss_without_next|shortcut_gap)":)-?[0-9.]+/\1N/g'
