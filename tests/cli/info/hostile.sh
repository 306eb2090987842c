# A file that breaks HDF5 down costs the process that reads it; what is told of it is one line.
grep -q __asan_init "$MAST" && { echo "the address sanitizer tells of the crash itself"; exit 77; }
for file in "$TOP"/tests/fuzz/corpus/foreign/broke_*; do
    cp "$file" broken.h5
    mast info broken.h5 >out 2>err
    echo "exit $?, $(wc -l <out) and $(wc -l <err) lines"
done
