# What a checkpoint counts on has its name on disk, folder by folder, before the checkpoint gets its own; at the end
# all have. Hidden names are for the time of writing.
# A traced program cannot look for leaks.
export ASAN_OPTIONS=detect_leaks=0
command -v strace >/dev/null || { echo "strace is not installed"; exit 77; }
strace -qq -o /dev/null true 2>/dev/null || { echo "strace may not trace here"; exit 77; }
mast ingest -q "$DATA/halfcheetah-sample.hdf5" -o s.h5 >/dev/null
strace -f -y -qq -o calls -e trace=mkdir,openat,rename,renameat2,fsync mast pretrain s.h5 -o run --objective inverse --layers 1 --width 16 --context 4 --steps 2 --checkpoint-every 1 >/dev/null
awk -v here="$(pwd -P)/" '
    # A name is one word, in quotes; a folder that is synced stands in < > with its whole path.
    function made(name) {
        if (name !~ /^run/ || name ~ /(^|\/)\./ || name in seen) return
        seen[name]
        folder[name] = here name
        sub(/\/[^\/]*$/, "", folder[name])
        print name
    }
    function report(when, name) {
        for (name in folder) print when ", not on disk: " name
    }
    / = -1 / { next }
    /mkdir\(/ || /openat\(.*O_CREAT/ { split($0, words, "\""); made(words[2]) }
    /rename(at2)?\(/ {
        split($0, words, "\"")
        if (words[4] ~ /checkpoints/) report("at " words[4])
        made(words[4])
    }
    /fsync\(/ {
        split($0, words, /[<>]/)
        for (name in folder) if (folder[name] == words[2]) delete folder[name]
    }
    END { report("at the end") }
' calls
