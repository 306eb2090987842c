# Any layout is read when told where things are; what is missing is said.
cp "$TOP"/tests/cli/ingest/files/*.hdf5 .
mast ingest runs.hdf5 -o runs.h5 --map 'observations=log/run*/state,actions=log/run*/command' |
    sed 's/"seconds":[0-9.e-]*/"seconds":0/'
mast info runs.h5 | grep -A 2 '^components'
mast ingest -q robomimic.hdf5 -o gripper.h5 --map 'observations=data/demo_*/obs/gripper' |
    grep -o '"observation_dim":[0-9]*'
# Detection can be overruled.
mast ingest flat.hdf5 -o x.h5 --format minari
echo "$?"
