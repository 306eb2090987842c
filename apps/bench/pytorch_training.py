#!/usr/bin/python3
"""Trains the PyTorch replica (pytorch_model.py) on batches of `mast mask`: one JSON line for each logged step.

    pytorch_training.py RUN TRAIN.h5 HELD_OUT.h5 --steps N --rate R --warmup W --every K

Starts from RUN's config.json and model.safetensors; with --steps 0 it only looks at the held-out loss. A line has the step, the seconds of training so far (what is
looked at between steps is not counted), the loss of the step and the loss on all held-out batches.
"""

import argparse
import json
import math
import struct
import time

import h5py
import numpy
import torch
from torch import nn

import pytorch_model


def read_tensors(path):
    """A safetensors file of single precision: name -> tensor."""
    with open(path, "rb") as file:
        data = file.read()
    (size,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + size])
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__":
            first, last = (8 + size + offset for offset in entry["data_offsets"])
            values = numpy.frombuffer(data[first:last], dtype="<f4").reshape(entry["shape"])
            tensors[name] = torch.from_numpy(values.copy())
    return tensors


class Batches:
    """All windows of a file in memory, and its objectives as views."""

    def __init__(self, path, attention):
        with h5py.File(path) as file:
            self.size = int(file.attrs["batch_size"])
            self.kinds = text(file.attrs["layout"]).split(",")
            self.tokens = {m: torch.from_numpy(file["tokens"][m][...]) for m in self.kinds}
            self.valid = torch.from_numpy(file["valid"][...]).bool()
            self.objectives = [self.read(file["objectives"][i], attention) for i in sorted(file["objectives"], key=int)]
        self.count = len(self.valid) // self.size

    def read(self, group, attention):
        attend = torch.from_numpy(group["attend"][...]).bool()
        objective = {"role": text(group.attrs["role"]), "mask": pytorch_model.ATTENTION[attention][1](attend),
                     "rows": {}, "steps": {}, "hidden": {}, "predict": {}}
        for m in self.kinds:
            visible = torch.from_numpy(group["visible_" + m][...]).bool()
            objective["hidden"][m] = self.valid & ~visible
            rows = torch.from_numpy(group["readout_" + m][...])
            steps = torch.nonzero(rows >= 0).flatten()
            if len(steps):
                objective["rows"][m], objective["steps"][m] = rows[steps], steps
                objective["predict"][m] = torch.from_numpy(group["predict_" + m][...]).float()[:, steps]
        return objective

    def batch(self, number):
        """values, views of batch `number`, counted round and round."""
        first = number % self.count * self.size
        rows = slice(first, first + self.size)
        values = {m: tokens[rows] for m, tokens in self.tokens.items()}
        views = []
        for o in self.objectives:
            hidden = {m: h[rows] for m, h in o["hidden"].items() if h[rows].any()}
            predict = {m: p[rows] for m, p in o["predict"].items()}
            views.append(pytorch_model.View(o["role"], o["mask"], o["rows"], o["steps"], hidden, predict))
        return values, views


def text(value):
    return value.decode() if isinstance(value, bytes) else value


def rate_at(step, options):
    """Warm-up, then a cosine down to a tenth, as in lib/train/schedule.cpp."""
    if step <= options.warmup:
        return options.rate * step / options.warmup
    share = min(1.0, (step - options.warmup) / max(1, options.steps - options.warmup))
    return options.rate * (0.1 + 0.9 * 0.5 * (1 + math.cos(math.pi * share)))


def loss_of(model, values, views):
    return sum(model(values, view) for view in views)


@torch.no_grad()
def held_out_loss(model, batches):
    return sum(float(loss_of(model, *batches.batch(i))) for i in range(batches.count)) / batches.count


def train(model, batches, held_out, options):
    optimiser = pytorch_model.adamw(pytorch_model.decay_groups(model, 0.1), rate=options.rate)
    seconds = 0.0
    if options.steps == 0:
        print(json.dumps({"step": 0, "seconds": 0.0, "held_out": held_out_loss(model, held_out)}))
    for step in range(1, options.steps + 1):
        start = time.perf_counter()
        for group in optimiser.param_groups:
            group["lr"] = rate_at(step, options)
        optimiser.zero_grad(set_to_none=True)
        loss = loss_of(model, *batches.batch(step - 1))
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        seconds += time.perf_counter() - start
        if step <= options.each or step % options.every == 0 or step == options.steps:
            line = {"step": step, "seconds": seconds, "loss": loss.item()}
            if step % options.every == 0 or step == options.steps:
                line["held_out"] = held_out_loss(model, held_out)
            print(json.dumps(line), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run")
    parser.add_argument("train")
    parser.add_argument("held_out")
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--warmup", type=int, default=0)
    parser.add_argument("--every", type=int, default=50, help="steps between losses on held-out batches")
    parser.add_argument("--each", type=int, default=0, help="first steps that are all logged")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--variant", choices=pytorch_model.VARIANTS, default="eager")
    parser.add_argument("--attention", choices=list(pytorch_model.ATTENTION), default="masked")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    with open(options.run + "/config.json") as file:
        config = json.load(file)["model"]
    model = pytorch_model.Model(config, options.attention)
    model.load_state_dict(read_tensors(options.run + "/model.safetensors"))
    model = pytorch_model.as_variant(model, options.variant)
    train(model, Batches(options.train, options.attention), Batches(options.held_out, options.attention), options)


if __name__ == "__main__":
    main()
