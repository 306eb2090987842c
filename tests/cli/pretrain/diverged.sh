# Steps that are not finite change nothing and are counted; five in a row end the run. No model is saved,
# and its folder does not pass for a run that ended.
mast ingest -q "$DATA/halfcheetah-sample.hdf5" -o s.h5 >/dev/null
no_numbers() { sed -E 's/is -?(nan|inf),/is N,/'; }
size="--objective inverse --layers 1 --width 16 --context 4 --batch-size 8 --clip 0 --weight-decay 0 --warmup 0"
mast pretrain s.h5 -o run $size --steps 9 --learning-rate 1e30 2>&1 >lines | no_numbers
echo "${PIPESTATUS[0]}"
grep -o '"loss":null.*"skipped":[0-9]*' lines | grep -o '"skipped":.*'
ls run
mast verify run
echo "$?"
mast evaluate run s.h5
echo "$?"
# The last good checkpoint is named, stays, and is what the run goes on from.
mast pretrain s.h5 -o good $size --steps 9 --checkpoint-every 2 --max-time 0 >/dev/null
cp good/checkpoints/step-000000001.safetensors kept
sed -i 's/"learning_rate": [0-9.]*/"learning_rate": 1e30/' good/config.json
mast pretrain --resume good --checkpoint-every 0 2>&1 >/dev/null | tail -n 1 | no_numbers
cmp good/checkpoints/step-000000001.safetensors kept
sed -i 's/"learning_rate": [0-9.e+]*/"learning_rate": 0.003/' good/config.json
mast pretrain --resume good >/dev/null && mast verify good
# A network whose numbers are finite, but whose losses are not, is not saved either.
mast pretrain s.h5 -o overflow $size --steps 9 --learning-rate 1e30 --checkpoint-every 1 2>&1 >/dev/null | no_numbers
ls -A overflow/checkpoints
