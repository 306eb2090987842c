# Each mistake of the command line is one line and exit code 2, and leaves nothing behind.
try() { mast mask "$@"; echo "$?"; }
try
try s.h5
try s.h5 -o b.h5
try s.h5 other.h5 -o b.h5 --objective inverse
try s.h5 -o b.h5 --objective random:ratio=1
try s.h5 -o b.h5 --objective random:ratio=0
try s.h5 -o b.h5 --objective steps:actions=0..29,obs=0..29
try s.h5 -o b.h5 --objective steps:actions=30
try s.h5 -o b.h5 --objective invers
try s.h5 -o b.h5 --objective bert:mask=0,replace=0
try s.h5 -o b.h5 --objective 'custom:hide=k.kind==act,ratio=0'
try s.h5 -o b.h5 --objective 'custom:role=a"b'
try s.h5 -o b.h5 --objective inverse --objective inverse
try s.h5 -o b.h5 --objective inverse --batches 2 --epochs 2
try s.h5 -o b.h5 --objective inverse --compact --mask-value 0
try s.h5 -o b.h5 --objective inverse --batches -1
try s.h5 -o b.h5 --objective inverse --mask-value nan
try s.h5 -o b.h5 --objective inverse --mask-value 1e39
try s.h5 -o b.h5 --objective inverse --split trian
try s.h5 -o b.h5 --objective inverse --format csv
try s.h5 -o b.h5 --objective inverse --tokens obs,act,rwe
try s.h5 -o b.h5 --objective inverse --objectiv inverse
try s.h5 -o - --objective inverse
ls -A
