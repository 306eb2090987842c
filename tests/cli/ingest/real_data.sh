# Every recording of the shared data, by its format and its counts; two hold what is no number.
[ -n "$SHARED" ] || { echo "skipped: needs the shared data beside the clone"; exit 77; }
for name in halfcheetah-mixed.hdf5 hopper-mixed.hdf5 cartpole-minari cartpole-minari-0.4 pendulum-minari \
    mountaincar-minari pendulum-nested-minari cartpole-pixels-minari; do
    mast ingest "$SHARED/data/$name" -o s.h5 -O 2>&1 |
        sed "s/\"seconds\":[0-9.e-]*/\"seconds\":0/; s|$SHARED/data/||"
done
all='episode_*/observations'
map=observations=$all/achieved_goal+$all/desired_goal+$all/observation+$all/pair
mast ingest "$SHARED/data/pendulum-nested-minari" -o s.h5 -O --map "$map" |
    sed 's/"seconds":[0-9.e-]*/"seconds":0/'
mast info s.h5 | grep -A 7 '^components'
