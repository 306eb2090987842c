# The same bytes for any number of threads and at any time; another seed, other masks.
mast ingest -q "$DATA/halfcheetah-sample.hdf5" -o s.h5 >/dev/null
lines() {
    mast mask s.h5 -o - --format jsonl --objective random:ratio=0.3 --context 8 --batches 3 "$@" | cksum
}
[ "$(lines --threads 1)" = "$(lines --threads 4)" ] && echo "threads do not matter"
[ "$(lines --seed 1)" = "$(lines --seed 2)" ] || echo "the seed does"
make() { mast mask s.h5 -o b.h5 -O --objective random:ratio=0.3 --context 8 --batches 3 >/dev/null; }
make && mv b.h5 first.h5 && make && cmp b.h5 first.h5 && echo "same file"
