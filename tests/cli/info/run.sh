# A run: its sizes, what it was trained for, and the last line of its metrics.
cp -r "$DATA/cartpole-sample" .
mast ingest -q cartpole-sample -o s.h5 >/dev/null
mast pretrain -q s.h5 -o run --objective inverse --layers 1 --heads 1 --width 8 --context 4 \
    --batch-size 4 --steps 2 >/dev/null
mast info run | grep -E '^(file|kind|finished|layout|context|layers|heads|width|objectives|steps|seed) '
mast info run | grep -c '^last_metrics *step 2, '
mast info run/model.safetensors | grep -E '^(kind|parameters|tensors)'
