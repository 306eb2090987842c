# Command lines that contradict themselves or cannot be: exit code 2, one line, nothing written.
mast ingest -q "$DATA/halfcheetah-sample.hdf5" -o s.h5 >/dev/null
mast mask s.h5 -o b.h5 --objective inverse --context 4 --batches 1 >/dev/null
try() { mast pretrain "$@"; echo "$?"; }
try -o run --objective inverse
try s.h5 --objective inverse
try s.h5 -o run
try s.h5 s.h5 -o run --objective inverse
try s.h5 -o - --objective inverse
try - -o run --objective inverse
try s.h5 -o run --objective inverse --objective inverse
try s.h5 -o run --objective invers
try s.h5 -o run --objective random:ratio=1 --tokens obs,act
try s.h5 -o run --objective steps:actions=40
try s.h5 -o run --objective inverse --tokens obs
try s.h5 -o run --objective inverse --tokens obs,act,colour
try s.h5 -o run --objective inverse --preset huge
try s.h5 -o run --objective inverse --width 30 --heads 4
try s.h5 -o run --objective inverse --steps 0
try s.h5 -o run --objective inverse --steps -1
try s.h5 -o run --objective inverse --accumulate 0
try s.h5 -o run --objective inverse --accumulate -1
try s.h5 -o run --objective inverse --accumulate 2.5
try s.h5 -o run --objective inverse --dropout 1
try s.h5 -o run --objective inverse --dropout -0.1
try s.h5 -o run --objective inverse --dropout nan
try s.h5 -o run --objective inverse --encoder some
try s.h5 -o run --objective inverse --decoder-layers 2
try s.h5 -o run --objective inverse --encoder visible --layers 1
try s.h5 -o run --objective inverse --encoder visible --layers 2 --decoder-layers 2
try s.h5 -o run --objective inverse --learning-rate nan
try s.h5 -o run --objective inverse --mask-token soft
try s.h5 -o run --objective inverse --weight-decya 0
try b.h5 -o run --objective inverse
try b.h5 -o run --context 4
try b.h5 -o run --tokens obs,act
try b.h5 -o run --batch-size 4
try b.h5 -o run --eval-every 4
ls -A
