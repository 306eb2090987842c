# A run that leaves the range of numbers stops at its step; no model is saved, and its folder does not
# pass for a run that ended.
mast ingest -q "$DATA/halfcheetah-sample.hdf5" -o s.h5 >/dev/null
mast pretrain s.h5 -o run --objective inverse --layers 1 --width 16 --context 4 --batch-size 8 --steps 5 \
    --warmup 0 --clip 0 --weight-decay 0 --learning-rate 1e30 2>&1 >/dev/null | sed -E 's/is -?(nan|inf),/is N,/'
echo "${PIPESTATUS[0]}"
ls -A run
mast verify run
echo "$?"
mast evaluate run s.h5
echo "$?"
