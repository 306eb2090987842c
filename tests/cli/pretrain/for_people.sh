# With --verbose a table on stderr says what came out; --quiet says nothing.
mast ingest -q "$DATA/halfcheetah-sample.hdf5" -o s.h5 >/dev/null
size="--objective inverse --layers 1 --width 16 --context 4 --batch-size 8 --steps 2"
mast pretrain s.h5 -o run $size -v 2>&1 >/dev/null | sed -E 's/^(loss|seconds) .*/\1 N/'
mast pretrain s.h5 -o quiet $size -q >/dev/null
# Where stderr is no terminal, progress is plain lines.
mast pretrain s.h5 -o shown $size --progress always 2>&1 >/dev/null |
    sed -E 's/loss [0-9.]+/loss N/; s/[0-9]+ tokens/N tokens/; s/ETA .*/ETA N/' | cat -v
