# The script is valid, and knows commands and options.
mast completion bash >script
bash -n script
source ./script
COMP_WORDS=(mast pre) COMP_CWORD=1
_mast
echo "${COMPREPLY[@]}"
COMP_WORDS=(mast mask --obj) COMP_CWORD=2
_mast
echo "${COMPREPLY[@]}"
