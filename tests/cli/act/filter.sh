# A line in, a line out, at once; what cannot be read is answered with an error, and the episode goes on.
mast ingest -q "$DATA/halfcheetah-sample.hdf5" -o s.h5 >/dev/null
mast pretrain -q s.h5 -o run --objective policy --context 3 --layers 1 --width 16 --steps 2 >/dev/null
obs='"obs":[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]'
cat >lines <<END
{$obs}
{$obs,"reward":1}

not json
{"obs":[1,2]}
{"obs":"x"}
{"obs":[1,"x"]}
{"obs":[1e999]}
{"ob":[1]}
{"reward":1}
[1]
{"reset":1}
{"reset":true}
{$obs}
{"reset":true,$obs}
{$obs,"action_mask":[1,0]}
END
mast act run <lines >answers
sed -E 's/-?[0-9]+\.[0-9]+(e-[0-9]+)?/N/g' answers
# An episode begins anew after a reset; the same for any number of threads.
sed -n '1p;$!d' answers >first
grep '^{"act' answers | sed -n 3,4p | uniq | diff - first
mast act run --threads 1 <lines | cmp - answers
# The answer comes before the next question.
mkfifo to from
mast act run <to >from &
exec 3>to 4<from
for i in 1 2 3; do
    echo "{$obs}" >&3
    read -r -t 20 _ <&4 && echo "answered $i"
done
exec 3>&-
wait
# An input without an end of line counts; one that waits, here for a second line, can be stopped.
printf '{%s}' "$obs" | mast act run | wc -l
exec 5<>to
mast act run <&5 >from &
exec 4<from
echo "{$obs}" >&5
read -r -t 20 _ <&4
kill -TERM $!
wait $!
echo "exit $?"
