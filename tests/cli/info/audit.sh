# What stands in the data of a store and no mask can hide, with rounded measures.
rounded() {
    sed -e 's|\([01]\.[0-9][0-9]\)[0-9]*  R|\1  R|' -n -e '/^audit/,$p'
}
mast ingest -q "$DATA/halfcheetah-sample.hdf5" -o s.h5 >/dev/null
mast info --audit s.h5 | rounded
cp -r "$DATA/cartpole-sample" .
mast ingest -q cartpole-sample -o c.h5 >/dev/null
mast info --audit c.h5 | rounded
mast info --audit --json c.h5 >line
wc -l <line
grep -o '"audit":.*' line | grep -o '"kind":"[a-z_]*","what":"[^"]*","value"'
try() { mast info --audit "$@"; echo "$?"; }
try cartpole-sample | grep -v cart
mast mask -q c.h5 -o b.h5 --objective inverse --context 5 --batch-size 4 --batches 1 >/dev/null
try b.h5
