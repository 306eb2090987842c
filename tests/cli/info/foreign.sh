# A file of another program: the format that ingest would read it as, and its datasets.
mast info "$DATA/halfcheetah-sample.hdf5" | sed "s|$DATA/||"
mast info "$DATA/cartpole-sample" | sed "s|$DATA/||"
mast info "$TOP/tests/cli/ingest/files/foreign.hdf5" | grep -v -e '^file' -e '^bytes'
