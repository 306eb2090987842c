# A signal ends the fit of a baseline, which would take some quarter of an hour here: exit code 128 + n.
/usr/bin/python3 -c 'import h5py' 2>/dev/null || { echo "python3-h5py is not installed"; exit 77; }
/usr/bin/python3 - <<'PY'
import h5py, numpy as np
draws = np.random.default_rng(0)
steps = 100_000
with h5py.File("s.hdf5", "w") as file:
    file["observations"] = draws.normal(size=(steps, 1)).astype("f4")
    file["actions"] = np.arange(steps) % 2000
    file["rewards"] = np.zeros(steps, "f4")
    file["terminals"] = np.zeros(steps, bool)
    file["timeouts"] = np.arange(steps) % 100 == 99
PY
mast ingest -q s.hdf5 -o s.h5 >/dev/null
mast pretrain s.h5 -o run --objective policy --layers 1 --width 8 --heads 1 --context 4 --batch-size 4 --steps 1 -q >/dev/null
mast evaluate run s.h5 &
# It listens to the signal from its first moment on, and this one comes before the fit or in it.
until (((0x$(awk '/^SigCgt/ {print $2}' "/proc/$!/status") & 0x4000) != 0)); do sleep 0.01; done
kill -s TERM "$!"
wait "$!"
echo "$?"
