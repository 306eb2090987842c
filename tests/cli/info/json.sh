# The same as one line of JSON.
cp -r "$DATA/cartpole-sample" .
mast ingest -q cartpole-sample -o s.h5 >/dev/null
mast info s.h5 --json >line
wc -l <line
grep -o '"episodes":[0-9]*,"steps":[0-9]*,"ends":{[^}]*},"splits":{[^}]*}' line
grep -o '"column":"[a-z]*\[[0-9]*\]"' line
