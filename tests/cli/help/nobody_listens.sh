# A full or closed stderr changes neither what is done nor the exit code.
mast 2>/dev/full
echo "exit $?"
mast info nowhere.h5 2>/dev/full
echo "exit $?"
mast info nowhere.h5 2>&-
echo "exit $?"
mast ingest -v --progress always "$DATA/halfcheetah-sample.hdf5" -o s.h5 2>/dev/full >/dev/null
echo "exit $?"
mast pretrain -v --progress always s.h5 -o run --objective policy --context 4 --layers 1 --width 16 --steps 3 2>/dev/full >/dev/null
echo "exit $?"
mast verify run
# What is lost of the result is not passed over.
for words in "help" "--version" "info s.h5" "verify run" "objective policy --context 3" "completion bash"; do
    mast $words >/dev/full
    echo "exit $?"
done
