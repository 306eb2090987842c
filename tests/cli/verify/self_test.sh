# A network whose tensors are whole but that is computed as another one (here with other heads) is used by no command.
mast ingest -q "$DATA/halfcheetah-sample.hdf5" -o s.h5 >/dev/null
mast pretrain -q s.h5 -o run --objective policy --objective random:ratio=0.5 --context 4 --layers 1 --width 16 --heads 2 \
    --steps 40 --learning-rate 0.01 --checkpoint-every 20 >/dev/null
sed -i 's/"heads": *2/"heads": 4/' run/config.json
try() { mast "$@" </dev/null 2>&1 | sed -E 's/[0-9]+\.[0-9]+/N/g'; }
try verify run
try act run
try infill run s.h5 -o i.h5
try embed run s.h5 -o e.h5
try evaluate run s.h5
try finetune run s.h5 -o policy --steps 1
try pretrain --resume run --steps 41
ls -A
