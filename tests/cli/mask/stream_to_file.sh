# Lines in a file are those of the stream.
mast ingest -q "$DATA/halfcheetah-sample.hdf5" -o s.h5 >/dev/null
set -- s.h5 --format jsonl --objective inverse --context 5 --batch-size 8 --batches 2
mast mask "$@" -o lines.jsonl | grep -o '"samples":16'
mast mask "$@" -o - | cmp - lines.jsonl && echo same
wc -l <lines.jsonl
