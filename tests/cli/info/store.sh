# A store: counts, splits, columns and their statistics, and the commands that made it.
cp -r "$DATA/cartpole-sample" .
mast ingest -q cartpole-sample -o s.h5 >/dev/null
mast info s.h5 | sed "s/^bytes .*/bytes N/"
