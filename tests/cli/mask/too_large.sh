# A batch that no machine holds is refused before anything is allocated, with the bytes needed.
mast ingest -q "$DATA/halfcheetah-sample.hdf5" -o s.h5 >/dev/null
for format in hdf5 jsonl; do
    mast mask s.h5 -o b --format "$format" --objective inverse --context 100 --batch-size 1000000000 --batches 1 --threads 1 2>&1 |
        sed 's/the [0-9.]* GB to be had/the N GB to be had/'
done
ls -A
