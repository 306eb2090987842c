# The second signal kills at once, also where it is the other one; a full pipe holds the first step meanwhile.
grep -q __tsan_init "$MAST" && { echo "the thread sanitizer puts handlers of signals off"; exit 77; }
mast ingest -q "$DATA/halfcheetah-sample.hdf5" -o s.h5 >/dev/null
mkfifo pipe
exec 3<>pipe
dd if=/dev/zero of=pipe bs=4096 oflag=nonblock 2>/dev/null
caught() { # PID: the mask of the signals that have a handler
    awk '/^SigCgt/ {print $2}' "/proc/$1/status"
}
twice() { # FIRST NUMBER SECOND
    # The shell of a script lets its background children ignore SIGINT; env undoes it.
    env --default-signal=INT mast pretrain s.h5 -o "run-$1-$3" --objective inverse --layers 1 --width 16 --context 4 --batch-size 8 --steps 100000000 >pipe &
    until [ -s "run-$1-$3/metrics.jsonl" ]; do sleep 0.01; done
    kill -s "$1" "$!"
    # It has no handler any more: the first one was taken.
    until (((0x$(caught "$!") >> ($2 - 1) & 1) == 0)); do sleep 0.01; done
    kill -0 "$!" && echo "has not stopped"
    # Whoever takes the second one as gently as the first would stay for ever.
    { kill -s "$3" "$!"; timeout 20 tail --pid="$!" -f /dev/null || kill -s KILL "$!"; wait "$!"; } 2>/dev/null
    echo "$1, then $3: $?"
}
twice TERM 15 INT
twice INT 2 TERM
twice INT 2 INT
