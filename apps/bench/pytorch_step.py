#!/usr/bin/python3
"""Times a training step of PyTorch at the sizes of `mast bench`, and prints the same figures as one JSON line.

    apps/bench/pytorch_step.py --layers 8 --heads 8 --width 256 --context 30 --batch-size 64 --threads 2

The network of mast (pytorch_model.py) over tokens o_1 a_1 o_2 a_2 ... of 17 and 6 columns, causal mask, a_t read at
o_t, mean squared error, gradient clipping, AdamW. Without further options eager, with a boolean mask, in float32, as
most published code of this kind runs. --precision bf16 casts by autocast, bf16-weights keeps a second, single
precision set of weights. --check times nothing: it compares the gradient with double precision and fails where they
differ. Runs under each PyTorch from 1.13 (Debian 12's) on.
"""

import argparse
import contextlib
import json
import resource
import statistics
import sys
import time

import torch
from torch import nn

import pytorch_model

CHANNELS = {"obs": 17, "act": 6}  # the half cheetah's
UNTIMED = 2
# Largest error of a parameter's gradient beside its length: sums of some hundred terms of 24 and 8 bits.
TOLERANCE = {"f32": 1e-4, "bf16": 0.05, "bf16-weights": 0.05}


def options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, default in (("layers", 8), ("heads", 8), ("width", 256), ("context", 30), ("batch-size", 64),
                          ("threads", 2), ("steps", 10)):
        parser.add_argument("--" + name, type=int, default=default)
    parser.add_argument("--variant", choices=pytorch_model.VARIANTS, default="eager")
    parser.add_argument("--attention", choices=list(pytorch_model.ATTENTION), default="masked")
    parser.add_argument("--precision", choices=list(TOLERANCE), default="f32")
    parser.add_argument("--check", action="store_true", help="compare the gradient with double precision")
    return parser.parse_args()


def build(sizes, attention):
    """A network with random weights, and the objective `policy`."""
    torch.manual_seed(0)
    config = {
        "tokens": "obs,act", "context": sizes.context, "layers": sizes.layers, "heads": sizes.heads,
        "width": sizes.width, "channels": {name: {"dim": dim} for name, dim in CHANNELS.items()},
        "outputs": [{"role": "policy", "modality": "act"}],
    }
    n = 2 * sizes.context
    mask = pytorch_model.ATTENTION[attention][1](torch.ones(n, n, dtype=torch.bool).tril())
    steps = torch.arange(sizes.context)
    view = pytorch_model.View("policy", mask, {"act": 2 * steps}, {"act": steps}, {}, {})
    return pytorch_model.Model(config, attention), view


def noise(sizes, dtype=torch.float32):
    random = torch.Generator().manual_seed(1)
    shape = (sizes.batch_size, sizes.context)
    return {name: torch.randn(*shape, dim, generator=random).to(dtype) for name, dim in CHANNELS.items()}


class Training:
    """Losses, gradients and updates of a network in one precision."""

    def __init__(self, sizes):
        model, self.view = build(sizes, sizes.attention)
        self.cast = contextlib.nullcontext()
        self.masters = None
        if sizes.precision == "bf16":
            self.cast = torch.autocast("cpu", dtype=torch.bfloat16)
        if sizes.precision == "bf16-weights":
            self.masters = [p.detach().clone().requires_grad_() for p in model.parameters()]
            model.to(torch.bfloat16)
            self.view.mask = self.view.mask if self.view.mask.dtype == torch.bool else self.view.mask.bfloat16()
        self.model = pytorch_model.as_variant(model, sizes.variant)
        self.parameters = list(self.model.parameters())
        self.trained = self.masters or self.parameters
        self.optimiser = pytorch_model.adamw(
            [{"params": self.trained, "weight_decay": 0.1}], rate=1e-4)

    def gradient(self, values):
        for parameter in self.parameters:
            parameter.grad = None
        with self.cast:
            loss = self.model(values, self.view)
        loss.backward()
        return loss

    @torch.no_grad()
    def update(self):
        if self.masters:
            for master, parameter in zip(self.masters, self.parameters):
                master.grad = None if parameter.grad is None else parameter.grad.float()
        nn.utils.clip_grad_norm_(self.trained, 1.0)
        self.optimiser.step()
        if self.masters:
            for master, parameter in zip(self.masters, self.parameters):
                parameter.copy_(master)


def worst_gradient(sizes):
    """Largest error of a parameter's gradient, as a share of its length, and whose it is."""
    training = Training(sizes)
    training.gradient(noise(sizes, next(training.model.parameters()).dtype))
    reference, view = build(sizes, "masked")
    reference.double()
    reference(noise(sizes, torch.float64), view).backward()
    worst = (0.0, "none")
    for (name, expected), parameter in zip(reference.named_parameters(), training.parameters):
        if expected.grad is None:
            continue  # of what this objective does not use
        error = (parameter.grad.double() - expected.grad).norm() / expected.grad.norm()
        worst = max(worst, (error.item(), name))
    return worst


def check(sizes):
    error, name = worst_gradient(sizes)
    limit = TOLERANCE[sizes.precision]
    print(json.dumps({"gradient_error": error, "parameter": name, "limit": limit}))
    if not error <= limit:
        sys.exit(f"pytorch_step.py: gradient of {name}: differs by {error:.2g} of its length from double precision, "
                 f"expected at most {limit:.2g} (do not trust this variant's time)")


def measure(sizes):
    training = Training(sizes)
    values = noise(sizes, next(training.model.parameters()).dtype)
    seconds, cpu_seconds = [], []
    for step in range(sizes.steps + UNTIMED):
        start, cpu_start = time.perf_counter(), time.process_time()
        training.gradient(values)
        training.update()
        if step >= UNTIMED:
            seconds.append(time.perf_counter() - start)
            cpu_seconds.append(time.process_time() - cpu_start)
    step_seconds = statistics.median(seconds)
    tokens = 2 * sizes.context * sizes.batch_size
    return {
        "program": "pytorch " + torch.__version__, "variant": sizes.variant, "attention": sizes.attention,
        "precision": sizes.precision, "layers": sizes.layers, "heads": sizes.heads, "width": sizes.width,
        "tokens": 2 * sizes.context, "batch_size": sizes.batch_size, "threads": sizes.threads,
        "tokens_per_second": round(tokens / step_seconds), "step_ms": round(1e3 * step_seconds, 2),
        "cpu_ms": round(1e3 * statistics.median(cpu_seconds), 2),
        "peak_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    }


def main():
    sizes = options()
    torch.set_num_threads(sizes.threads)
    if sizes.check:
        check(sizes)
    else:
        print(json.dumps(measure(sizes)))


if __name__ == "__main__":
    main()
