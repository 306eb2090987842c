# Nothing is replaced unless asked, and the refusal comes before the work.
mast ingest -q "$DATA/halfcheetah-sample.hdf5" -o s.h5 >/dev/null
echo precious >b.h5
mast mask s.h5 -o b.h5 --objective inverse --context 4 --batches 1
echo "$?"
cat b.h5
mast mask s.h5 -o b.h5 --objective inverse --context 4 --batches 1 --overwrite >/dev/null
echo "$?"
head -c 4 b.h5 | tail -c 3
echo
