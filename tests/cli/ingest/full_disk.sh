# A disk that is full, here a limit on the size of files: exit code 1, and no file stays.
trap '' XFSZ
ulimit -f 200
mast ingest "$DATA/halfcheetah-sample.hdf5" -o s.h5 2>err
echo "$?"
sed 's/ ([^)]*)/ (REASON)/' err
rm err
ls -A
