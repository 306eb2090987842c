# An objective whose target reaches its own row is refused, with the way it takes.
mast ingest -q "$DATA/halfcheetah-sample.hdf5" -o s.h5 >/dev/null
set -- s.h5 -o b.h5 --objective inverse:rm_idx=1 --tokens rtg,obs,act --context 4 --batches 1
mast mask "$@"
echo "$?"
ls -A
mast mask "$@" --allow-leaks >/dev/null
echo "$?"
mast mask s.h5 -o closed.h5 --objective inverse --tokens rtg,obs,act --context 4 --batches 1 >/dev/null
echo "$?"
