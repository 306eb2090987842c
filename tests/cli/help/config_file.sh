# Options may stand in a file; what is on the command line wins; an unknown name in it is refused.
printf 'context = 4\nseed = 3\n' >run.ini
mast objective policy --config run.ini --json | grep -o '"tokens":[0-9]*'
mast objective policy --config run.ini --context 3 --json | grep -o '"tokens":[0-9]*'
printf 'contxt = 4\n' >bad.ini
mast objective policy --config bad.ini
