# A full or closed stderr, or one whose reader has gone, changes neither what is done nor the exit code.
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
mkfifo pipe
exec 3<>pipe 4>pipe 3<&-
mast 2>&4
echo "exit $?"
mast info nowhere.h5 2>&4
echo "exit $?"
mast ingest -v --progress always "$DATA/halfcheetah-sample.hdf5" -o t.h5 2>&4 >/dev/null
echo "exit $?"
mast pretrain -v --progress always t.h5 -o gone --objective policy --context 4 --layers 1 --width 16 --steps 3 2>&4 >/dev/null
echo "exit $?"
mast verify gone
# On stdout it is the end, by the system's signal (128 + 13).
mast info t.h5 >&4 2>&4
echo "exit $?"
exec 4>&-
# What is lost of the result is not passed over.
for words in "help" "--version" "info s.h5" "verify run" "objective policy --context 3" "completion bash"; do
    mast $words >/dev/full
    echo "exit $?"
done
