# A store goes out and comes back to the byte: rows, ends, final observations, and with the same seed its splits.
. "$TOP/tests/cli/export/common"
for format in d4rl minari; do
    echo "-- $format"
    ask="--seed 3 --val 0.2 --test 0.1 --discount 0.9"
    # Continuous actions and next observations, cut by time limits.
    mast ingest -q "$DATA/halfcheetah-sample.hdf5" $ask -o a.h5 -O >/dev/null
    export_json a.h5 -o a.hdf5 -O --format $format
    mast ingest -q a.hdf5 $ask -o b.h5 -O >/dev/null
    same a.h5 b.h5
    # Discrete actions that a space describes; episodes that end by failure or by time.
    mast ingest -q "$DATA/cartpole-sample" $ask -o a.h5 -O >/dev/null
    export_json a.h5 -o a.hdf5 -O --format $format
    mast ingest -q a.hdf5 $ask -o b.h5 -O >/dev/null
    same a.h5 b.h5
done
echo "-- masks of invalid actions"
map="observations=run_*/state,actions=run_*/command,action_mask=run_*/valid"
mast ingest -q "$TOP/tests/cli/ingest/files/line.hdf5" --map "$map" -o a.h5 -O 2>/dev/null >/dev/null
export_json a.h5 -o a.hdf5 -O --format minari
mast ingest -q a.hdf5 -o b.h5 -O --map 'action_mask=episode_*/infos/action_mask' >/dev/null
same a.h5 b.h5
/usr/bin/python3 - <<'PY'
import h5py, numpy as np
with h5py.File("flat.hdf5", "w") as file:
    file["observations"] = np.arange(12, dtype="f4").reshape(6, 2)
    file["actions"] = np.array([0, 2, 1, 0, 0, 1])
    file["may"] = np.array([[1, 0, 1], [0, 1, 1], [1, 1, 1], [1, 0, 0], [1, 1, 0], [0, 1, 0]])
    file["rewards"] = np.array([1, 0.5, -2, 3, 1e-20, 7], "f4")
    file["timeouts"] = np.array([0, 0, 1, 0, 0, 0], bool)
    file["terminals"] = np.array([0, 0, 0, 1, 0, 0], bool)
PY
mast ingest -q flat.hdf5 -o a.h5 -O --map action_mask=may >/dev/null
export_json a.h5 -o a.hdf5 -O --format d4rl
mast ingest -q a.hdf5 -o b.h5 -O --map action_mask=infos/action_mask >/dev/null
same a.h5 b.h5
echo "-- parts with names, of two and of one step"
mast ingest -q "$TOP/tests/cli/ingest/files/robomimic.hdf5" -o a.h5 -O >/dev/null
export_json a.h5 -o a.hdf5 -O --format minari
mast ingest -q a.hdf5 -o b.h5 -O >/dev/null
same a.h5 b.h5
# The same command gives the same bytes.
mast export a.h5 -o again.hdf5 --format minari >/dev/null && mv again.hdf5 first.hdf5
mast export a.h5 -o again.hdf5 --format minari >/dev/null && cmp first.hdf5 again.hdf5
# Shards are exported as the store that they are in all.
for i in 1 2; do mast ingest -q "$DATA/halfcheetah-sample.hdf5" "$DATA/halfcheetah-sample.hdf5" --shard $i/2 -o s-$i.h5 >/dev/null; done
mast ingest -q "$DATA/halfcheetah-sample.hdf5" "$DATA/halfcheetah-sample.hdf5" -o a.h5 -O >/dev/null
export_json 's-*.h5' -o a.hdf5 -O --format d4rl
mast ingest -q a.hdf5 -o b.h5 -O >/dev/null
same a.h5 b.h5
