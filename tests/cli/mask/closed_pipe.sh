# Whoever reads a stream may stop: mast then ends without a word, by the signal that the system sends (128 + 13).
mast ingest -q "$DATA/halfcheetah-sample.hdf5" -o s.h5 >/dev/null
mast mask s.h5 -o - --format jsonl --objective inverse --context 4 --batches 200 | head -n 1 | wc -l
echo "${PIPESTATUS[@]}"
mast plot s.h5 -o - | head -c 5
echo " ${PIPESTATUS[1]}"
