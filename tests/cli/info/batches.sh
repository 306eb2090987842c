# Batches: how they were made, and every dataset with its shape.
cp -r "$DATA/cartpole-sample" .
mast ingest -q cartpole-sample -o s.h5 >/dev/null
mast mask -q s.h5 -o b.h5 --objective inverse --objective random:ratio=0.3,weight=0.5 \
    --context 5 --batch-size 4 --batches 3 >/dev/null
mast info b.h5 | sed "s/^bytes .*/bytes N/"
