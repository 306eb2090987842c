# A target that reaches its own row is refused, from a store and from batches; --allow-leaks warns.
mast ingest -q "$DATA/halfcheetah-sample.hdf5" -o s.h5 >/dev/null
leak="--objective inverse:rm_idx=1 --tokens rtg,obs,act --context 4 --batch-size 8"
mast mask s.h5 -o b.h5 $leak --batches 1 --allow-leaks >/dev/null 2>&1
try() {
    mast pretrain "$@" --layers 2 --width 16 --steps 1 | grep -c loss_inverse
    echo "${PIPESTATUS[0]}"
}
try s.h5 -o run $leak
try b.h5 -o run
ls
try s.h5 -o run $leak --allow-leaks
