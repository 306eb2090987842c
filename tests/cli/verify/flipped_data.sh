# A changed value inside a store or batches is found by its hash, and the dataset is named.
mast ingest -q "$DATA/cartpole-sample" -o s.h5 >/dev/null
mast mask s.h5 -o b.h5 --objective inverse --context 4 --batches 1 --compact >/dev/null
# The place of a dataset's bytes is not ours to know: bytes are flipped one after another, some from
# the end, until a value is hit.
find_flip() { # FILE
    local size place
    size=$(stat -c %s "$1")
    for ((place = size - 64; place > 0; place -= 997)); do
        cp "$1" flipped.h5
        printf '\x55' | dd of=flipped.h5 bs=1 seek="$place" conv=notrunc 2>/dev/null
        mast verify flipped.h5 >/dev/null 2>said && continue
        if grep -q 'content has hash' said; then
            sed -E 's/xxh3:[0-9a-f]{16}/HASH/g; s,: /[a-z_/0-9]+: ,: DATASET: ,' said | head -1
            return
        fi
    done
    echo "nothing found in $1"
}
find_flip s.h5
find_flip b.h5
