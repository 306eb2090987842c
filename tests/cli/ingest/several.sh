# Several files become one store; seed and fractions decide the splits.
set -- "$DATA/halfcheetah-sample.hdf5" "$DATA/halfcheetah-sample.hdf5" -o s.h5 -O --val 0.25 --test 0.125
splits() { mast ingest -q "$@" >/dev/null && mast info s.h5 | grep '^splits'; }
splits "$@"
mast info --json s.h5 | grep -o '"content":[^,]*' >first
splits "$@"
mast info --json s.h5 | grep -o '"content":[^,]*' | cmp - first && echo "the same content"
splits "$@" --seed 1
mast info --json s.h5 | grep -o '"content":[^,]*' | cmp -s - first || echo "another seed, other splits"
mast info s.h5 | grep -E '^(episodes|steps) '
