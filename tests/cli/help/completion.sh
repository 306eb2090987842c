# bash: commands, options, values that are words, in both ways to write them; the rest are files.
mast completion bash >script
bash -n script
source ./script
complete_after() {
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    _mast
    echo "$*: ${COMPREPLY[*]}"
}
complete_after mast pre
complete_after mast mask --obj
complete_after mast mask --split t
complete_after mast mask --split = t
complete_after mast mask --split =
complete_after mast objective hi
complete_after mast pretrain s.h5 --objective inv
complete_after mast ingest --output st
complete_after mast help ver
complete_after mast completion ''
mast completion fish
