# A checkpoint of another build of the program is gone on with, and a warning says so; its self-test, and that
# of the network, need not agree to the bit then.
mast ingest -q "$DATA/halfcheetah-sample.hdf5" -o s.h5 >/dev/null
mast pretrain s.h5 -o run --objective inverse --layers 1 --width 16 --context 4 --batch-size 8 --steps 20 \
    --max-time 0 >/dev/null
cp "$MAST" other
echo >>other
./other pretrain --resume run --max-time 0 >/dev/null
./other pretrain --resume run --max-time 0 >/dev/null
./other evaluate run s.h5 | grep -o '"objective":"inverse"'
mast pretrain --resume run --threads 1 >/dev/null
mast verify run && ./other verify run
