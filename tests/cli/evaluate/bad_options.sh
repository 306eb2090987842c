# Command lines that cannot be: exit code 2 and one line.
mast ingest -q "$DATA/halfcheetah-sample.hdf5" -o s.h5 >/dev/null
mast pretrain s.h5 -o run --objective inverse --layers 1 --width 16 --context 5 --batch-size 8 --steps 1 >/dev/null
try() { mast evaluate "$@"; echo "$?"; }
try
try run
try run s.h5 s.h5
try run s.h5 --split all
try run s.h5 --objective policy
try run s.h5 --objective inverze
try run s.h5 --objective random:ratio=1
try run s.h5 --objective inverse --objective inverse
try run s.h5 --context 5
