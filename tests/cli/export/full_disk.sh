# A disk without room: one line, exit 1, nothing behind.
mast ingest -q "$DATA/halfcheetah-sample.hdf5" -o s.h5 >/dev/null
for format in d4rl minari; do
    (ulimit -f 200; trap '' XFSZ; mast export s.h5 -o out.hdf5 --format $format 2>&1 | sed 's/(.*//')
done
ls -A
