# One line of JSON on stdout and nothing else; the store is there and whole.
mast ingest "$DATA/halfcheetah-sample.hdf5" -o s.h5 | sed 's/"seconds":[0-9.e-]*/"seconds":0/'
mast ingest "$DATA/cartpole-sample" -o c.h5 | sed 's/"seconds":[0-9.e-]*/"seconds":0/'
mast verify s.h5 c.h5
ls -A
