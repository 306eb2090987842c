# The same samples may be cut into other batches, or stand for other shards: a run goes on with its own only.
mast ingest -q "$DATA/halfcheetah-sample.hdf5" -o s.h5 >/dev/null
size="--layers 1 --width 16 --steps 4 --max-time 0"
mast mask s.h5 -o b.h5 --objective inverse --context 4 --batches 8 --batch-size 8 >/dev/null
mast pretrain -q b.h5 -o run $size >/dev/null
mast mask s.h5 -O -o b.h5 --objective inverse --context 4 --batches 4 --batch-size 16 >/dev/null
mast pretrain --resume run
echo "$?"
# Configurations of old name no inputs.
python3 - <<'END'
import json
config = json.load(open("run/config.json"))
config["inputs"] = []
json.dump(config, open("run/config.json", "w"))
END
mast pretrain --resume run
echo "$?"
