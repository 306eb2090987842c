# The picture goes to a file beside the text, or alone to standard output.
mast objective inverse --context 2 --svg inverse.svg
echo "$?"
mast objective inverse --context 2 --svg - | cmp - inverse.svg && echo same
head -c 38 inverse.svg
echo
tail -n 1 inverse.svg
mast objective inverse --context 2 --json --svg json.svg | cut -c 1-17
cmp json.svg inverse.svg && echo same

# It follows the seed, and a leak changes the exit code of either form.
mast objective random --context 8 --seed 2 --svg - | cmp -s - <(mast objective random --context 8 --svg -) || echo other
mast objective inverse:rm_idx=1 --tokens rtg,obs,act --context 3 --svg - | grep -o 'leaking: [0-9]*'
echo "${PIPESTATUS[0]}"

# What is there is replaced only when asked, and nothing is left behind.
echo precious >old.svg
try() { mast objective "$@" >&2; echo "$?"; }
try inverse --context 2 --svg old.svg
cat old.svg
mast objective inverse --context 2 --svg old.svg -O >/dev/null
cmp old.svg inverse.svg && echo replaced
try inverse --context 2 --svg .
try inverse --context 2 --svg missing/new.svg
# Nobody can write there, root neither; only the reason differs.
try inverse --context 2 --svg /proc/new.svg 2>&1 | sed 's/ ([^)]*)/ (REASON)/'
try inverse --context 2 --svg ''
try inverse --context 2 --json --svg -
try --list --svg list.svg
ls -A
