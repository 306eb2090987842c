# Processes that are not alike are refused, with the difference; what fails in all is said once.
. "$TOP/tests/cli/processes/common"
mast ingest -q "$DATA/halfcheetah-sample.hdf5" -o s.h5 >/dev/null
mast ingest -q "$DATA/halfcheetah-sample.hdf5" --seed 1 -o other.h5 >/dev/null
size="--objective inverse --layers 1 --width 16 --context 4 --steps 2 --threads 1"
each() { # the first process and the second
    apart "$1" "$2" 2>&1 >out | own_words | sed -E 's/xxh3:[0-9a-f]+/HASH/g'
    cat out
}
train="mast pretrain s.h5 -o run $size"
each "$train --seed 1" "$train --seed 2"
each "$train" "$train --clip 2"
# The same words, other data: the second process reads them in a folder of its own.
mkdir there && cp other.h5 there/s.h5
each "$train" "cd there && $train"
# Another program.
cp "$MAST" changed && printf x >>changed
each "$train" "./changed ${train#mast }"
ls -d run there/run 2>/dev/null
together 2 pretrain s.h5 -o run $size --stepz 3 2>&1 | own_words
together 2 pretrain missing.h5 -o run $size 2>&1 | own_words
together 3 pretrain s.h5 -o run $size --batch-size 2 2>&1 | own_words
together 3 pretrain s.h5 -o run --layers 1 --width 16 --steps 2 --objective bert --accumulate 2 2>&1 | own_words
mkdir there/run
each "$train" "cd there && $train"
# Started together without MPI's knowledge.
SLURM_STEP_NUM_TASKS=2 mast pretrain s.h5 -o run $size 2>&1
# Commands of one process are each their own.
together 2 objective inverse --context 2 --json | sort -u | wc -l
ls
