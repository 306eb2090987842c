mast objective inverse --context 2 --json
mast objective steps:actions=0,obs=1 --context 2 --json
