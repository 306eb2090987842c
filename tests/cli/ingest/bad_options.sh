# Each mistake of the command line is one line and exit code 2, and leaves nothing behind.
file=flat.hdf5  # never looked at
try() { mast ingest "$@"; echo "$?"; }
try
try -o s.h5
try "$file"
try "$file" -o -
try - -o s.h5
try "$file" -o s.h5 --format d4r
try "$file" -o s.h5 --map observation=a
try "$file" -o s.h5 --map observations
try "$file" -o s.h5 --map 'observations=a*b*,actions=c'
try "$file" -o s.h5 --map 'observations=observations_*'
try "$file" -o s.h5 --val 1.5
try "$file" -o s.h5 --val -0.1
try "$file" -o s.h5 --val nan
try "$file" -o s.h5 --val 0.5 --test 0.5
try "$file" -o s.h5 --discount 2
try "$file" -o s.h5 --seed -1
try "$file" -o s.h5 --valu 0.1
try "$file" -o s.h5 -q -v
ls -A
