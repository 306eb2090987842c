# A network that no machine holds is refused before anything is allocated, with the bytes needed.
mast bench --layers 500 --width 65536 --heads 8 2>&1 | sed 's/the [0-9.]* GB to be had/the N GB to be had/'
# Sizes at their edges are right, or refused.
mast bench --preset tiny --context 1 --batch-size 1 --heads 1 --steps 1 --profile |
    grep -o '"tokens":2,"batch_size":1\|"attention":\|"other":'
mast bench --width 250
echo "$?"
