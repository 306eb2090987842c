# An objective of one's own: by expressions, and from a file, which a run remembers.
mast objective 'custom:attend=k.token<=q.token, hide=k.kind==act && k.step>=cut' --context 3
cat >gap.json <<'JSON'
{"name": "gap", "attend": "k.step<=q.step", "hide": [3], "predict": [{"token": 3, "row": 4}]}
JSON
mast objective @gap.json --context 3
mast ingest -q "$DATA/halfcheetah-sample.hdf5" -o s.h5 >/dev/null
mast pretrain s.h5 -q -o run --objective @gap.json --context 3 --layers 1 --width 8 --heads 2 --steps 2 |
    grep -o '"loss_[a-z]*"'
rm gap.json
mast evaluate run s.h5 -q | grep -o '"objective":"[a-z]*"'
mast objective @none.json --context 3
mast objective 'custom:attend=k.token<q.tokn' --context 3
mast objective '{"hide": [1], "predict": [{"token": 9, "row": 0}]}' --context 3
