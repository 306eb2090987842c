# A picture of runs shows the numbers of their metrics, and is well-formed; of a long run it stays small.
. "$TOP/tests/cli/plot/common"
mast ingest -q "$DATA/halfcheetah-sample.hdf5" -o s.h5 --val 0.2 >/dev/null
size="--context 4 --layers 1 --width 16 --batch-size 8 --eval-every 10"
mast pretrain -q s.h5 -o run $size --objective inverse --objective 'random:ratio=0.5' --steps 60 --learning-rate 0.002 >/dev/null
mkdir other && mast pretrain -q s.h5 -o other/run $size --objective inverse --steps 40 >/dev/null
mast plot run -o one.svg | sed 's/"bytes":.*/.../'
mast plot run other/run -o two.svg >/dev/null
mast plot run -o - | cmp - one.svg
python3 - <<'PY'
import json, re
from picture import Panel, panels
lines = [json.loads(line) for line in open("run/metrics.jsonl")]
one = panels("one.svg")
print(list(one))
points = Panel(one["Learning rate"]).points("line s0")
# A pixel is 1/170 of the height; coordinates have two decimals.
assert len(points) == len(lines)
for (step, rate), line in zip(points, lines):
    assert abs(step - line["step"]) < 0.02 and abs(rate - line["lr"]) < 2e-6, (step, rate, line)
held_out = Panel(one["Loss of inverse"]).group.findall("{http://www.w3.org/2000/svg}path[@class='line s0 dashed']")
print(len(re.findall("[ML]", held_out[0].get("d"))), "held-out points of", sum("val_loss_inverse" in line for line in lines))
print(list(panels("two.svg")))
print(re.findall(r">([^<]*run)<", open("two.svg").read()))
# 200,000 lines: a loss that falls, with one that stands out.
with open("run/metrics.jsonl", "w") as file:
    for step in range(1, 200001):
        loss = 2 - step / 1e5 * 0.5 + (0.1 if step % 2 else -0.1) + (5 if step == 123456 else 0)
        file.write(f'{{"step":{step},"loss_inverse":{loss},"lr":0.5}}\n')
    file.write('{"step":200001,"lo')
PY
mast plot run -o long.svg -O >/dev/null
[ "$(stat -c %s long.svg)" -lt 60000 ] || stat -c %s long.svg
python3 - <<'PY'
from picture import Panel, panels
panel = Panel(panels("long.svg")["Loss of inverse"])
line, band = panel.points("line s0"), panel.points("band s0")
assert 150 < len(line) <= 400
print(f"largest {max(y for _, y in band):.1f}, last mean {line[-1][1]:.2f}, last step {line[-1][0] / 1e5:.2f}e5")
assert all(abs(y - (2 - x / 1e5 * 0.5)) < 0.05 for x, y in line if abs(x - 123456) > 1100)
PY
# Under way and without a step; damaged.
: >run/metrics.jsonl
mast plot run -o no.svg
printf 'nonsense\n{"step":2}\n' >run/metrics.jsonl
mast plot run -o no.svg
rm run/metrics.jsonl
mast plot run -o no.svg
mast plot run run run run run run run run run -o no.svg
mast plot s.h5 s.h5 -o no.svg
mast plot s.h5 run -o no.svg
mast plot nowhere -o no.svg
mast plot - -o no.svg
mast plot -o no.svg
mast plot s.h5
mast plot s.h5 -o one.svg
mast plot s.h5 -o nowhere/no.svg
mast plot s.h5 -o - >/dev/full
ls no.svg 2>/dev/null
true
