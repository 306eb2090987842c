try() { mast objective "$@" >&2; echo "$?"; }
try
try inverse
try inverse --context 0
try inverse --context 1
try inverse --context 100000
try inverse --context 4 --list
try inverse forward --context 4
try inverse --context 4 --layers -1
