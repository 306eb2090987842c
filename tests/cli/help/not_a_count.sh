mast pretrain store.h5 -o run --steps -1
echo $? >&2
mast pretrain store.h5 -o run --steps 1e6
echo $? >&2
mast pretrain store.h5 -o run --learning-rate nan
