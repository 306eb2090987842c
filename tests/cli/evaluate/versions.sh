# Runs and stores of a later release are refused by name, those of an earlier one are read.
command -v python3 >/dev/null || { echo "python3 is not installed"; exit 77; }
mast ingest -q "$DATA/halfcheetah-sample.hdf5" -o s.h5 --val 0.5 >/dev/null
mast pretrain s.h5 -o run --objective inverse --layers 1 --width 16 --context 5 --batch-size 8 --steps 1 -q >/dev/null
version=$(mast --version | awk 'NR == 1 {sub(",", "", $2); print $2}')
as() { # FILE VERSION: of the same length, so that nothing else changes
    sed -i "s/\"mast_version\": *\"$version\"/\"mast_version\":\"$2\"/" "$1"
}
for written in 0.0.9 9.9.9 "new.."; do
    rm -rf other && cp -r run other
    as other/config.json "$written"
    mast evaluate other s.h5 -q >scores || echo "exit $?"
    wc -l <scores
done 2>&1 | sed "s/$version/VERSION/g"
python3 - "$version" <<'PY'
import sys

written = sys.argv[1].encode()
data = open("s.h5", "rb").read()
name = data.index(b"mast_version")
at = data.index(written, name)
open("later.h5", "wb").write(data[:at] + b"9.9.9"[: len(written)] + data[at + len(written):])
PY
for command in "info later.h5" "verify later.h5" "evaluate run later.h5" "mask later.h5 -o b.h5 --objective inverse"; do
    mast $command 2>&1 | sed "s/$version/VERSION/g"
done
