# Training that diverges ends all processes: where a step shows it to each of them, and where only the first finds
# out, because it is the one that saves.
. "$TOP/tests/cli/processes/common"
mast ingest -q "$DATA/halfcheetah-sample.hdf5" -o s.h5 >/dev/null
size="--objective inverse --layers 1 --width 16 --context 4 --batch-size 8 --clip 0 --weight-decay 0 --warmup 0 --threads 1"
diverge() { # NAME OPTION...
    # A process that waits for another would wait for ever.
    timeout -k 5 60 mpirun --oversubscribe --bind-to none -n 2 mast pretrain s.h5 $size --learning-rate 1e30 -o "$@" 2>err >/dev/null
    echo "exit $?"
    own_words <err | sed -E 's/is -?(nan|inf),/is N,/'
}
diverge step --steps 9 -q
ls step
diverge save --steps 9 --checkpoint-every 1 -q
ls -A save/checkpoints
