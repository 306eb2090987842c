# What cannot act says so before it reads a line.
mast ingest -q "$DATA/halfcheetah-sample.hdf5" -o s.h5 >/dev/null
size="--context 3 --layers 1 --width 16 --steps 2 -q"
mast pretrain s.h5 -o inverse --objective inverse $size >/dev/null
mast pretrain s.h5 -o returns --objective policy --tokens rtg,obs,act $size >/dev/null
mast pretrain s.h5 -o late --objective policy --tokens rew,obs,act $size >/dev/null
try() {
    mast act "$@"
    echo "exit $?"
}
try
try s.h5
try inverse
try late
try returns --return nan
obs='"obs":[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]'
printf '{%s}\n' "$obs" | try returns
printf '{%s,"rtg":5}\n{%s}\n{%s,"reward":1}\n' "$obs" "$obs" "$obs" | mast act returns | sed -E 's/-?[0-9]+\.[0-9]+/N/g'
