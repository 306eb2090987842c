# Actions that the data call invalid at a step: from the foreign file into the store, batches, losses and policies.
cp "$TOP"/tests/cli/ingest/files/{line,line_forbidden,flat}.hdf5 .
map='observations=run_*/state,actions=run_*/command'
mast ingest line.hdf5 -o line.h5 --map "$map,action_mask=run_*/valid" --val 0.25 |
    grep -o '"action_dim":3.*' | sed 's/"seconds":[0-9.e-]*/"seconds":0/'
mast ingest -q line.hdf5 -o free.h5 --map "$map" --val 0.25 >/dev/null
mast ingest line_forbidden.hdf5 -o x.h5 --map "$map,action_mask=run_*/valid"
mast ingest flat.hdf5 -o x.h5 --map action_mask=timeouts
mast verify line.h5
mast info line.h5 | grep -E '^action_(kind|mask)'
train=(--context 4 --layers 1 --heads 2 --width 16 --batch-size 16 --seed 1)
mast pretrain -q line.h5 -o trunk --objective inverse --objective random "${train[@]}" --steps 20 >/dev/null
mast finetune -q trunk line.h5 -o policy --steps 40 >/dev/null
mast finetune -q trunk free.h5 -o carefree --steps 40 >/dev/null
cmp -s policy/model.safetensors carefree/model.safetensors || echo "the mask is part of the loss"
# From batches as from the store.
mast mask -q line.h5 -o b.h5 --objective policy --context 4 --batch-size 16 --batches 3 --seed 1 >/dev/null
mast verify b.h5
mast pretrain -q line.h5 -o fresh --objective policy "${train[@]}" --steps 3 >/dev/null
mast pretrain -q b.h5 -o kept --layers 1 --heads 2 --width 16 --steps 3 --seed 1 >/dev/null
cmp fresh/model.safetensors kept/model.safetensors
mast mask -q line.h5 -o - --format jsonl --objective policy --context 6 --batch-size 1 --batches 1 | grep -o '"action_mask":.*"objectives"'
# What is not valid has no probability; baselines know it as well.
mast infill -q policy line.h5 -o filled.h5 >/dev/null
loss() { grep -o '"loss":[^,]*\|"baseline_mean":[^,]*' | head -2 | tr '\n' ' '; }
read -r masked masked_mean <<<"$(mast evaluate -q policy line.h5 | loss)"
read -r all all_mean <<<"$(mast evaluate -q policy free.h5 | loss)"
awk -v masked="${masked#*:}" -v all="${all#*:}" -v a="${masked_mean#*:}" -v b="${all_mean#*:}" \
    'BEGIN { print (masked < all ? "less" : "not less"), (a < b ? "less" : "not less") }'
if /usr/bin/python3 -c 'import h5py' 2>/dev/null; then
    /usr/bin/python3 - "${masked#*:}" <<'PYTHON'
import sys

import h5py
import numpy

with h5py.File("filled.h5") as filled, h5py.File("line.h5") as store:
    group = filled["objectives/0"]
    asked = group["predict_act"][:] == 1
    rows = filled["row"][:][:, None] + numpy.arange(4)
    share, may = group["probability_act"][:][asked], store["action_mask"][:][rows[asked]] == 1
    assert share.shape == may.shape and not may.all() and may.any(1).all()
    assert (share[~may] == 0).all() and numpy.abs(share.sum(1) - 1).max() < 1e-6
    # The loss of evaluate, whose windows begin at multiples of the context.
    episodes, split = store["episodes/start"][:], store["episodes/split"][:]
    chosen = (split[filled["episode"][:]] == 1) & (filled["start"][:] % 4 == 0)
    rows, share = rows[chosen][asked[chosen]], group["probability_act"][:][chosen][asked[chosen]]
    nats = -numpy.log(share[numpy.arange(len(share)), store["act"][:][rows]]).mean()
    assert abs(nats - float(sys.argv[1])) < 1e-5, (nats, sys.argv[1])
PYTHON
fi
echo "numpy: $?"
echo '{"obs":[0,0],"action_mask":[0,0,1]}' | mast act policy
