# A signal ends the run after its step: saved, whole, exit code 128 + n. So does the end of --max-time,
# with exit code 0.
mast ingest -q "$DATA/halfcheetah-sample.hdf5" -o s.h5 >/dev/null
size="--objective inverse --layers 1 --width 16 --context 4 --batch-size 8"
for signal in TERM INT; do
    mkfifo pipe
    # The shell of a script lets its background children ignore SIGINT; env undoes it.
    env --default-signal=INT mast pretrain s.h5 -o "run-$signal" $size --steps 100000000 >pipe &
    exec 3<pipe
    read -r _ <&3 # the first step is done
    kill -s "$signal" "$!"
    cat <&3 >/dev/null
    wait "$!"
    echo "$?"
    rm pipe
    mast verify "run-$signal"
done
mast pretrain s.h5 -o run-time $size --steps 100000000 --max-time 0 | grep -o '"step":[0-9]*'
mast verify run-time
# What was stopped goes on; the second signal kills at once, here where a full pipe holds the first step.
mast pretrain --resume run-TERM --steps 100000001 --max-time 0 2>/dev/null
mast verify run-TERM
mkfifo pipe
exec 3<>pipe
dd if=/dev/zero of=pipe bs=4096 oflag=nonblock 2>/dev/null
mast pretrain s.h5 -o run-twice $size --steps 100000000 >pipe &
until [ -s run-twice/metrics.jsonl ]; do sleep 0.01; done
kill -s TERM "$!"
# Signal 15 has no handler any more: the first one was taken.
until (((0x$(awk '/^SigCgt/ {print $2}' "/proc/$!/status") & 0x4000) == 0)); do sleep 0.01; done
kill -0 "$!" && echo "has not stopped"
# The shell tells of the killed as soon as it notices, so maybe before it waits.
{ kill -s TERM "$!"; wait "$!"; } 2>/dev/null
echo "$?"
ls run-twice
