# Observations of more columns than a linear map is fitted to: that baseline is null, all else is there.
/usr/bin/python3 -c 'import h5py' 2>/dev/null || { echo "python3-h5py is not installed"; exit 77; }
/usr/bin/python3 - <<'PY'
import h5py, numpy as np
draws = np.random.default_rng(0)
steps = 48
for columns in 40, 2049:
    with h5py.File(f"{columns}.hdf5", "w") as file:
        file["observations"] = draws.normal(size=(steps, columns)).astype("f4")
        file["actions"] = draws.normal(size=(steps, 2)).astype("f4")
        file["rewards"] = draws.normal(size=steps).astype("f4")
        file["terminals"] = np.zeros(steps, bool)
        file["timeouts"] = np.arange(steps) % 8 == 7
PY
for columns in 40 2049; do
    mast ingest -q $columns.hdf5 -o $columns.h5 --val 0.3 >/dev/null
    mast pretrain $columns.h5 -o run$columns --objective policy --layers 1 --width 8 --heads 1 --context 4 \
        --batch-size 4 --steps 1 -q >/dev/null
    mast evaluate run$columns $columns.h5 --probe -q | sed -E 's/(:-?)[0-9.]+(e-?[0-9]+)?/\1N/g'
done
mast evaluate run2049 2049.h5 -v 2>&1 >/dev/null | awk '$1 == "policy" {print $1, $2, $6}'
