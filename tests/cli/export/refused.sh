# What cannot be written back is told in a line; what a layout has no place for, is named.
. "$TOP/tests/cli/export/common"
/usr/bin/python3 - <<'PY'
import h5py, numpy as np
def make(name, final, ends):
    with h5py.File(name, "w") as file:
        for e, (know, end) in enumerate(zip(final, ends)):
            file[f"episode_{e}/observations"] = np.full((3 + know, 2), e, "f4")
            file[f"episode_{e}/actions"] = np.array([0, 1, 0]) if "discrete" in name else np.zeros((3, 1), "f4")
            file[f"episode_{e}/rewards"] = np.ones(3, "f4")
            file[f"episode_{e}/terminations"] = np.array([0, 0, end == "t"], bool)
            file[f"episode_{e}/truncations"] = np.array([0, 0, end == "l"], bool)
        if "discrete" in name:
            file.attrs["action_space"] = '{"type": "Discrete", "n": 5}'
            file.attrs["observation_space"] = '{"type": "Box", "shape": [2]}'
make("stops.hdf5", [0, 0, 0], "t-l")
make("last.hdf5", [0, 1, 0], "tl-")
make("discrete.hdf5", [1, 1], "tl")
PY
for name in stops last discrete; do mast ingest -q $name.hdf5 -o $name.h5 >/dev/null; done
mast ingest -q "$TOP/tests/cli/ingest/files/robomimic.hdf5" -o parts.h5 >/dev/null
mast export stops.h5 -o no.hdf5 --format d4rl
for name in last discrete; do
    export_json $name.h5 -o $name-out.hdf5 --format d4rl
    export_json $name.h5 -o $name-all.hdf5 --format minari
    mast ingest -q $name-all.hdf5 -o $name-back.h5 >/dev/null
    same $name.h5 $name-back.h5
done
mast ingest -q last-out.hdf5 -o back.h5 >/dev/null
same last.h5 back.h5
export_json parts.h5 -o parts.hdf5 --format d4rl
mast export last.h5 -o no.hdf5
mast export last.h5 -o no.hdf5 --format d4lr
mast export last.h5 last.h5 -o no.hdf5 --format d4rl
mast export last.h5 --format d4rl
mast export last.h5 -o - --format d4rl
mast export last.hdf5 -o no.hdf5 --format d4rl
mast export last.h5 -o last-out.hdf5 --format d4rl
echo '{}' >metadata.json
mast export last.h5 -o main_data.hdf5 --format minari
mast export last.h5 -o nowhere/no.hdf5 --format d4rl
ls no* .*.tmp main_data* 2>/dev/null
true
