# An objective of weight 0 is not computed; weights lie on lines between the points given.
mast ingest -q "$DATA/halfcheetah-sample.hdf5" -o s.h5 >/dev/null
train() {
    mast pretrain s.h5 -q --objective inverse --objective policy --layers 1 --width 8 --heads 2 --context 4 \
        --batch-size 8 --steps 4 "$@"
}
train -o run --schedule 2:policy=0 --schedule 4:policy=1 | grep -o '"loss_policy":[^,]*' | sed 's/[0-9][0-9.]*/N/'
train -o refused --schedule 2:polcy=0
echo "exit $?"
ls refused 2>/dev/null
