# A process that dies ends the run with an error; its checkpoints are whole, and it goes on from them.
. "$TOP/tests/cli/processes/common"
mast ingest -q "$DATA/halfcheetah-sample.hdf5" -o s.h5 >/dev/null
size="--objective inverse --layers 1 --width 16 --context 4 --batch-size 8 --threads 1 --checkpoint-every 10 --keep 1"
child() { # NUMBER: the process id of the process of that rank.
    for pid in $(pgrep -P "$mpirun" mast); do
        tr '\0' '\n' <"/proc/$pid/environ" | grep -qx "OMPI_COMM_WORLD_RANK=$1" && echo "$pid"
    done
}
start() { # NAME
    mpirun --oversubscribe --bind-to none -n 2 mast pretrain s.h5 $size --steps 100000000 -o "$1" >"$1.out" 2>"$1.err" &
    mpirun=$!
    until ls "$1"/checkpoints/step-*.safetensors >/dev/null 2>&1; do sleep 0.05; done
}
for rank in 0 1; do
    start "killed-$rank"
    kill -9 "$(child "$rank")"
    wait "$mpirun" 2>/dev/null
    echo "exit $?"
    # Open MPI 5 breaks the line.
    tr '\n' ' ' <"killed-$rank.err" | grep -c "noticed that process rank $rank .* exited on *signal 9"
    steps=$(ls "killed-$rank/checkpoints" | sed 's/[^0-9]*0*\([0-9]*\).*/\1/' | sort -n | tail -1)
    together 2 pretrain --resume "killed-$rank" --steps "$((steps + 1))" --threads 1 2>/dev/null | grep -c '"step"'
    mast verify "killed-$rank" >/dev/null || echo damaged
done
# A signal to any of them stops all after one step, saved.
for rank in 0 1; do
    start "stopped-$rank"
    kill -s TERM "$(child "$rank")"
    wait "$mpirun"
    echo "exit $?"
    grep '^mast ' "stopped-$rank.err"
    mast verify "stopped-$rank" >/dev/null || echo damaged
done
