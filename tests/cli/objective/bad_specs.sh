# Each mistake is one line that points at it, and exit code 2.
try() { mast objective "$@" --context 4 >&2; echo "$?"; }
try invers
try ''
try inverse:
try inverse:k
try inverse:k=0
try inverse:k=4
try inverse:k=1,k=2
try inverse:kk=2
try inverse:rm_idx=1,isolate=true
try random:ratio=1
try random:ratio=0
try random:ratio=nan
try random:ratio=0.6..0.2
try random:of=rew
try steps
try steps:actions=4
try steps:actions=0..3,obs=0..3
try policy:weight=-1
try policy --tokens obs,atc
try policy --tokens obs
