# 1, 2 and 4 processes score a run to the same digit; those that read other files are refused.
. "$TOP/tests/cli/processes/common"
mast ingest -q "$DATA/halfcheetah-sample.hdf5" --val 0.5 -o s.h5 >/dev/null
size="--layers 1 --width 16 --context 3 --batch-size 8 --steps 3 --threads 1 -q"
mast pretrain s.h5 --objective inverse --objective random:ratio=0.4 --objective forward:target=latent $size -o run >/dev/null
mast evaluate run s.h5 --patterns --probe -q >one
for n in 2 4; do
    together "$n" evaluate run s.h5 --patterns --probe -q >"of-$n" || echo "exit $?"
    cmp one "of-$n" && echo "$n: $(wc -l <"of-$n") lines"
done
# More processes than batches of windows.
mast ingest -q "$DATA/halfcheetah-sample.hdf5" --val 0.1 -o few.h5 >/dev/null
mast evaluate run few.h5 -q >one
together 4 evaluate run few.h5 -q | cmp - one && echo "few windows"
# The same words, another store and another run in the second process's folder.
mkdir there && cp few.h5 there/s.h5 && cp -r run there/run
here_and_there() {
    apart "mast evaluate run s.h5 -q" "cd there && mast evaluate run s.h5 -q" 2>&1 | own_words | sed -E 's/xxh3:[0-9a-f]+/HASH/g'
}
here_and_there
mast pretrain s.h5 --objective inverse --seed 2 $size -o there/run -O >/dev/null
here_and_there
rm -r there/run
here_and_there
together 2 evaluate run s.h5 --split test 2>&1 | own_words
