# Several stores in one network: resumed to the bit, scored by the name of the store, gone on with in a policy, old or new.
mast ingest -q "$DATA/halfcheetah-sample.hdf5" -o cheetah.h5 >/dev/null
mast ingest -q "$TOP/tests/dynamics/pole.hdf5" -o pole.h5 --val 0.3 >/dev/null
mast ingest -q "$TOP/tests/cli/ingest/files/flat.hdf5" -o flat.h5 --val 0 >/dev/null
size="--layers 1 --heads 2 --width 16 --context 4 -q"
both="cheetah.h5 pole.h5 --objective inverse --objective random --objective contrast --share pole=3 --share cheetah=1"
mast pretrain $both -o whole $size --steps 24 --accumulate 2 --eval-every 12 >lines
mast pretrain $both -o parts $size --steps 24 --accumulate 2 --eval-every 12 --max-time 0 >/dev/null
mast pretrain $both --resume parts --accumulate 2 --eval-every 12 --max-time 0 -q >/dev/null
mast pretrain -q --resume parts --share pole=3.0 >/dev/null
cmp whole/model.safetensors parts/model.safetensors
cmp whole/metrics.jsonl parts/metrics.jsonl
mast verify whole
mast info --json whole/model.safetensors | grep -oE "\"name\":\"(embed|heads|average)[a-z._]*\"" | sort
for store in cheetah pole; do mast evaluate -q whole $store.h5 --objective inverse | grep -o '"objective.*target":"act"'; done
mast finetune -v whole pole.h5 -o pole --steps 2 2>&1 >/dev/null | grep taken
mast finetune -v whole flat.h5 -o flat --domain flat --steps 2 2>&1 >/dev/null | grep taken
mast verify pole flat
echo '{"obs":[0,0,0,0]}' | mast act pole | grep -c act
echo '{"obs":[0,0]}' | mast act flat | grep -c act
mast embed -q whole pole.h5 -o e.h5
mast infill -q whole pole.h5 -o f.h5 --objective random | grep -o '"windows":[0-9]*'
try() {
    mast "$@"
    echo "exit $?"
}
try pretrain --resume whole --share pole=2
try evaluate whole flat.h5
try evaluate whole pole.h5 --domain cheetah
try evaluate pole pole.h5 --domain cheetah
try act whole
try finetune whole flat.h5 -o x
try finetune whole flat.h5 -o x --domain a.b
try pretrain cheetah.h5 pole.h5 -o x --objective inverse --share hopper=1
try pretrain cheetah.h5 pole.h5 -o x --objective inverse --share pole=0
try pretrain cheetah.h5 ./cheetah.h5 -o x --objective inverse
cp pole.h5 'p le.h5'
try pretrain cheetah.h5 'p le.h5' -o x --objective inverse
mast pretrain -q cheetah.h5 -o one --objective inverse --layers 1 --width 16 --steps 1 >/dev/null
try evaluate one cheetah.h5 --domain cheetah
