# Limits of this process count as well as the machine's memory.
if ! (ulimit -v 2000000 && mast --version) >/dev/null 2>&1; then
    echo "skipped: this program needs more than 2 GB of addresses by itself (a sanitizer's)"
    exit 77
fi
mast ingest -q "$DATA/halfcheetah-sample.hdf5" -o s.h5 >/dev/null
(
    ulimit -v 2000000
    mast mask s.h5 -o b --objective inverse --context 100 --batch-size 200000 --batches 1 --threads 1 2>&1
)
