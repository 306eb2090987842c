# What contradicts the trunk, or itself, is refused before any work.
mast ingest -q "$DATA/halfcheetah-sample.hdf5" -o s.h5 >/dev/null
mast pretrain -q s.h5 -o trunk --objective inverse --context 4 --layers 1 --width 16 --steps 2 >/dev/null
try() {
    mast finetune "$@" -o new
    echo "exit $?"
}
try trunk
try trunk s.h5 extra
try s.h5 trunk
try trunk s.h5 --width 32 --layers 2 --mask-token -1
try trunk s.h5 --freeze --from-scratch
try trunk s.h5 --episodes 0
try trunk s.h5 --episodes 1000
try trunk s.h5 --objective inverse --tokens obs
mast ingest -q "$TOP/tests/cli/ingest/files/flat.hdf5" -o other.h5 --val 0 >/dev/null
try trunk other.h5
ls
mast finetune -q trunk s.h5 -o new --steps 2 --episodes 3 >/dev/null
mast finetune --resume new --episodes 4 --freeze --steps 3
