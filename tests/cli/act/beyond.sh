# Numbers that would overflow on their way through the network are refused, and the episode goes on as before.
mast ingest -q "$DATA/halfcheetah-sample.hdf5" -o s.h5 >/dev/null
mast pretrain -q s.h5 -o run --tokens obs,act,rew --objective policy --context 3 --layers 1 --width 16 --steps 2 >/dev/null
zeros='0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0'
cat >lines <<END
{"obs":[$zeros,0]}
{"obs":[$zeros,3e38],"reward":1}
{"obs":[$zeros,0],"reward":1e39}
{"obs":[$zeros,0],"reward":-1e30}
{"obs":[$zeros,0],"reward":1}
END
mast act run <lines >answers
sed -E 's/-?[0-9]+\.[0-9]+(e-[0-9]+)?/N/g' answers
sed '2,4d' lines | mast act run | cmp - <(sed '2,4d' answers) && echo "the refused left nothing"
# With a return to go.
mast pretrain -q s.h5 -o returns --tokens rtg,obs,act --objective policy --context 3 --layers 1 --width 16 --steps 2 >/dev/null
printf '{"obs":[%s,0],"rtg":1e37}\n' "$zeros" | mast act returns
# A head that was trained under another attention, or reads actions elsewhere, cannot be asked token by token.
recent='custom:attend=k.token<=q.token&&k.step>=q.step-1,predict=q.kind==obs&&k.kind==act&&q.step==k.step,role=policy'
after='custom:attend=k.token<=q.token&&k.step<=q.step&&!(k.kind==act&&k.step==q.step-1),predict=q.kind==obs&&k.kind==act&&q.step==k.step+1,role=policy'
same='custom:attend=k.token<=q.token,predict=q.kind==obs&&k.kind==act&&q.step==k.step,role=policy'
for objective in "$recent" "$after" "$same"; do
    mast pretrain -q s.h5 -O -o custom --objective "$objective" --context 3 --layers 1 --width 16 --steps 2 --allow-leaks >/dev/null 2>&1
    printf '{"obs":[%s,0]}\n' "$zeros" | mast act custom | sed -E 's/-?[0-9]+\.[0-9]+(e-[0-9]+)?/N/g'
done
