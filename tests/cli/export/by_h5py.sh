# What h5py finds in the files: the layouts as their own tools write them, and the history of how they were made.
. "$TOP/tests/cli/export/common"
mast ingest -q "$DATA/halfcheetah-sample.hdf5" -o a.h5 >/dev/null
mast export -q a.h5 -o flat.hdf5 --format d4rl >/dev/null
mast ingest -q "$DATA/cartpole-sample" -o c.h5 >/dev/null
mkdir -p "poles v1/data"
mast export -q c.h5 -o "poles v1/data/main_data.hdf5" --format minari >/dev/null
/usr/bin/python3 - "$DATA" <<'PY'
import json, sys, h5py, numpy as np
with h5py.File("flat.hdf5") as out, h5py.File(f"{sys.argv[1]}/halfcheetah-sample.hdf5") as source:
    for name in sorted(out):
        print(name, out[name].dtype, out[name].shape, (out[name][:] == source[name][:]).all())
    print([entry["command"].split()[1] for entry in json.loads(out.attrs["history"])])
with h5py.File("poles v1/data/main_data.hdf5") as out, h5py.File(f"{sys.argv[1]}/cartpole-sample/data/main_data.hdf5") as source:
    print(len(out), {key: int(value) for key, value in out["episode_3"].attrs.items()})
    for name in sorted(out["episode_3"]):
        print(name, out["episode_3"][name].dtype, all((out[e][name][:] == source[e][name][:]).all() for e in source))
    meta = json.load(open("poles v1/data/metadata.json"))
    for key, value in meta.items():
        print(key, value)
        assert out.attrs[key] == value
PY
