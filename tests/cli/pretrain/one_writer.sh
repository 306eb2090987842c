# One process writes a run, however many read it; who has it is told, and a killed one has it no longer.
mast ingest -q "$DATA/halfcheetah-sample.hdf5" -o s.h5 >/dev/null
size="--objective inverse --layers 1 --width 16 --context 4 --batch-size 8"
mast pretrain s.h5 -o run $size --steps 3 >/dev/null
mkfifo pipe
mast pretrain --resume run --steps 100000000 --checkpoint-every 0 >pipe 2>/dev/null &
exec 3<pipe
until [ -e run/.lock ] && grep -qx "$!" run/.lock; do sleep 0.01; done
mast pretrain --resume run 2>&1 | sed "s/process $!,/process N,/"
mast pretrain s.h5 -o run --overwrite $size 2>&1 | sed "s/process $!,/process N,/"
mast verify run
mast info run >/dev/null && mast evaluate run s.h5 | grep -o '"objective":"inverse"'
# The shell tells of the killed as soon as it notices, so maybe before it waits.
{ kill -9 "$!"; wait "$!"; } 2>/dev/null
exec 3<&-
mast pretrain --resume run --steps 4 2>/dev/null | grep -o '"step":[0-9]*'
