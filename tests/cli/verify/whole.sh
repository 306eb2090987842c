# Files and runs that are whole: a line each, exit code 0.
mast ingest -q "$DATA/cartpole-sample" -o s.h5 >/dev/null
mast mask s.h5 -o b.h5 --objective inverse --context 4 --batches 1 >/dev/null
mast pretrain b.h5 -o run --layers 1 --width 16 --steps 1 >/dev/null
mast verify s.h5 b.h5 run run/model.safetensors
