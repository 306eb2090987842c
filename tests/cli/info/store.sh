# A store: counts, splits, columns and their statistics, and the commands that made it.
mast ingest -q "$DATA/cartpole-sample" -o s.h5 >/dev/null
mast info s.h5 | sed "s|$DATA/||g; s/^bytes .*/bytes N/"
