# A shared file system that knows no rename without replacing (renameat2 fails with EINVAL), or no links either:
# a name still shows whole files only, and what appeared meanwhile stays.
# A traced program cannot look for leaks.
export ASAN_OPTIONS=detect_leaks=0
command -v strace >/dev/null || { echo "strace is not installed"; exit 77; }
strace -qq -o /dev/null true 2>/dev/null || { echo "strace may not trace here"; exit 77; }
without() { # NAME INJECTION...
    name=$1
    shift
    strace -f -qq -o /dev/null "$@" mast ingest -q "$DATA/halfcheetah-sample.hdf5" -o "$name" >/dev/null
    echo "$name $?"
}
# Each fsync takes its time, and meanwhile a file of that name appears.
without_while_another_appears() {
    until ls .*.tmp >/dev/null 2>&1; do sleep 0.01; done && echo other >"$1" &
    without "$@" -e inject=fsync:delay_enter=1000000
    wait
    cat "$1"
    find . -name '.[!.]*'
}
rename="-e inject=renameat2:error=EINVAL"
links="-e inject=link:error=EPERM"
without a.h5 $rename && mast verify a.h5
without b.h5 $rename $links && mast verify b.h5
without_while_another_appears c.h5 $rename
without_while_another_appears d.h5 $rename $links
touch .e.h5.claim
without e.h5 $rename $links
ls -A
