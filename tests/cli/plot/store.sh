# A picture of a store shows what h5py finds in it: counts of episodes, ranges over the train split, classes.
. "$TOP/tests/cli/plot/common"
/usr/bin/python3 -c 'import h5py' 2>/dev/null || { echo "python3-h5py is not installed"; exit 77; }
mast ingest -q "$DATA/halfcheetah-sample.hdf5" -o cheetah.h5 --val 0.2 >/dev/null
mast ingest -q "$DATA/cartpole-sample" -o poles.h5 >/dev/null
mast ingest -q "$TOP/tests/cli/ingest/files/robomimic.hdf5" -o parts.h5 >/dev/null
for name in cheetah poles parts; do mast plot $name.h5 -o $name.svg >/dev/null; done
/usr/bin/python3 - <<'PY'
import h5py, numpy as np
from picture import Panel, panels
ENDS = {"s0": 2, "s1": 1, "s7": 0}
for name in ("cheetah", "poles", "parts"):
    groups = panels(f"{name}.svg")
    print(name, list(groups))
    with h5py.File(f"{name}.h5") as store:
        episodes = {key: store["episodes"][key][:] for key in store["episodes"]}
        for title, key in (("Episode length", "length"), ("Return", "return")):
            bars, total = Panel(groups[title]), 0
            for colour, end in ENDS.items():
                values = episodes[key][episodes["end"] == end]
                for left, right, bottom, top in bars.rects(colour):
                    # Half a pixel of the gap belongs to it; values on an edge belong to the right.
                    pixel = bars.value(1, bars.x_ticks) - bars.value(0, bars.x_ticks)
                    count = ((values >= left - 0.52 * pixel) & (values < right + 0.48 * pixel)).sum()
                    total += round(top - bottom)
                    assert abs(top - bottom - round(top - bottom)) < 0.05 * max(1, top), (title, top - bottom)
                    assert round(top - bottom) == count, (name, title, left, right, top - bottom, count)
            assert total == len(episodes["end"]), (name, title, total)
        train = np.concatenate([np.arange(s, s + n) for s, n, split in
                                zip(episodes["start"], episodes["length"], episodes["split"]) if split == 0])
        for title, key, colour in (("Observations", "obs", "s3"), ("Actions", "act", "s2")):
            panel, values = Panel(groups[title]), store[key][:][train]
            if values.ndim == 1:
                bars = panel.rects(colour)
                assert [round(top / 4) for *_, top in bars] == [round(n / 4) for n in np.bincount(store[key][:])]
                continue
            panel.x_ticks = panel.x_ticks if len(panel.x_ticks) > 1 else [(0, 0), (1, 1)]
            boxes = panel.rects("faint " + colour)
            assert len(boxes) == values.shape[1]
            pixel = abs(panel.value(1, panel.y_ticks) - panel.value(0, panel.y_ticks))
            for column, (_, _, bottom, top) in enumerate(boxes):
                assert abs(top - values[:, column].max()) < 1.1 * pixel and abs(bottom - values[:, column].min()) < 1.1 * pixel
        print("agrees with", len(train), "rows")
PY
grep -o '>joint<\|>gripper<' parts.svg
