#!/usr/bin/python3
"""Times a training step of PyTorch at the sizes of `mast bench`, and prints the same figures as one JSON line.

    apps/bench/pytorch_step.py --layers 8 --heads 8 --width 256 --context 30 --batch-size 64 --threads 2

A plain pre-LN transformer over tokens o_1 a_1 o_2 a_2 ...: linear embeddings of 17 and 6 columns, position and modality,
causal boolean mask, GELU, a linear head that reads a_t at o_t, mean squared error, gradient clipping, AdamW. Float32 on
the processor, eager, as most published code of this kind runs. Needs python3-torch (Debian 12 has 1.13).
"""

import argparse
import json
import statistics
import time

import torch
from torch import nn
from torch.nn import functional

OBS_DIM, ACT_DIM = 17, 6
UNTIMED = 2


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.ln1, self.ln2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.fc, self.out = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x, forbidden):
        batch, n, width = x.shape
        qkv = self.qkv(self.ln1(x)).view(batch, n, 3, self.heads, width // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        scores = (q @ k.transpose(-1, -2)) * (width // self.heads) ** -0.5
        weights = scores.masked_fill(forbidden, float("-inf")).softmax(-1)
        x = x + self.proj((weights @ v).transpose(1, 2).reshape(batch, n, width))
        return x + self.out(functional.gelu(self.fc(self.ln2(x))))


class Model(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        width = sizes.width
        self.obs, self.act = nn.Linear(OBS_DIM, width), nn.Linear(ACT_DIM, width)
        self.position = nn.Embedding(sizes.context, width)
        self.modality = nn.Embedding(2, width)
        self.blocks = nn.ModuleList(Block(width, sizes.heads) for _ in range(sizes.layers))
        self.ln_f, self.head = nn.LayerNorm(width), nn.Linear(width, ACT_DIM)
        n = 2 * sizes.context
        self.register_buffer("forbidden", ~torch.ones(n, n, dtype=torch.bool).tril())

    def forward(self, obs, act):
        x = torch.stack([self.obs(obs), self.act(act)], dim=2)  # (B, T, 2, C)
        x = x + self.position.weight[:, None] + self.modality.weight
        x = x.flatten(1, 2)
        for block in self.blocks:
            x = block(x, self.forbidden)
        return self.head(self.ln_f(x[:, ::2]))


def options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, default in (("layers", 8), ("heads", 8), ("width", 256), ("context", 30), ("batch-size", 64),
                          ("threads", 2), ("steps", 10)):
        parser.add_argument("--" + name, type=int, default=default)
    return parser.parse_args()


def main():
    sizes = options()
    torch.set_num_threads(sizes.threads)
    torch.manual_seed(0)
    model = Model(sizes)
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-4, betas=(0.9, 0.95), weight_decay=0.1)
    obs = torch.randn(sizes.batch_size, sizes.context, OBS_DIM)
    act = torch.randn(sizes.batch_size, sizes.context, ACT_DIM)
    seconds, cpu_seconds = [], []
    for step in range(sizes.steps + UNTIMED):
        start, cpu_start = time.perf_counter(), time.process_time()
        loss = functional.mse_loss(model(obs, act), act)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        if step >= UNTIMED:
            seconds.append(time.perf_counter() - start)
            cpu_seconds.append(time.process_time() - cpu_start)
    step_seconds = statistics.median(seconds)
    tokens = 2 * sizes.context * sizes.batch_size
    print(json.dumps({
        "program": "pytorch " + torch.__version__, "layers": sizes.layers, "heads": sizes.heads, "width": sizes.width,
        "tokens": 2 * sizes.context, "batch_size": sizes.batch_size, "threads": sizes.threads,
        "tokens_per_second": round(tokens / step_seconds), "step_ms": round(1e3 * step_seconds, 2),
        "cpu_ms": round(1e3 * statistics.median(cpu_seconds), 2),
    }))


if __name__ == "__main__":
    main()
