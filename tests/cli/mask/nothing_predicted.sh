# Episodes too short for the objective: found out while masking, and no file stays.
mast ingest -q "$DATA/cartpole-sample" -o s.h5 >/dev/null
mast mask s.h5 -o b.h5 --objective inverse:k=600 --context 700 --batches 1
code=$?
ls -A
exit "$code"
