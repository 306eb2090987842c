# Files may be more than a process may have open: those that wait for their turn are closed.
for i in $(seq -w 80); do cp "$DATA/cartpole-sample/data/main_data.hdf5" "in-$i.hdf5"; done
(ulimit -n 64 && mast ingest -q in-*.hdf5 --test 0.1 --seed 3 -o whole.h5 | sed 's/,"seconds.*//')
mast verify whole.h5
# In parts of ten all are open at once.
for i in $(seq 8); do mast ingest -q in-*.hdf5 --test 0.1 --seed 3 --shard "$i/8" -o "s-$i.h5" >/dev/null; done
mast merge -q s-*.h5 -o merged.h5 >/dev/null
content() { mast info --json "$1" | grep -o '"content":[^,]*'; }
diff <(content whole.h5) <(content merged.h5) && echo "the same content"
# What is wrong with one of the last is told before anything is written.
cp "$DATA/halfcheetah-sample.hdf5" in-70.hdf5
(ulimit -n 64 && mast ingest -q in-*.hdf5 -o no.h5)
rm in-60.hdf5
(ulimit -n 64 && mast ingest -q in-??.hdf5 in-60.hdf5 -o no.h5)
ls no.h5 2>/dev/null
true
