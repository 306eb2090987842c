#!/usr/bin/env python3
"""A run of mast in PyTorch: the same network, from config.json and model.safetensors.

    load_in_pytorch.py RUN STORE.h5 FILLED.h5

computes again what `mast infill RUN STORE.h5 -o FILLED.h5` predicted and prints the largest difference,
in standard deviations of the data. `Trajectories` is a plain module: take it, train it further, export it.

B batch, T steps, P tokens of a step, n = T P tokens, C width.
"""
import json
import pathlib
import re
import struct
import sys

import h5py
import numpy
import torch
from torch import nn
from torch.nn import functional


def read_safetensors(path):
    """Tensors by name. The package `safetensors` does the same: safetensors.torch.load_file(path)."""
    data = pathlib.Path(path).read_bytes()
    (length,) = struct.unpack_from("<Q", data)
    tensors = {}
    for name, entry in json.loads(data[8:8 + length]).items():
        if name == "__metadata__":
            continue
        first, last = (8 + length + place for place in entry["data_offsets"])
        values = numpy.frombuffer(data[first:last], dtype="<f4").reshape(entry["shape"])
        tensors[name] = torch.from_numpy(values.copy())
    return tensors


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, x, may):
        """x [B, n, C]; may [B, n, n]: whether a row looks at a token."""
        batch, n, width = x.shape
        q, k, v = (part.view(batch, n, self.heads, -1).transpose(1, 2) for part in self.qkv(x).chunk(3, -1))
        scores = q @ k.transpose(-1, -2) / (width // self.heads) ** 0.5
        weights = torch.softmax(scores.masked_fill(~may[:, None], float("-inf")), -1)
        weights = weights.nan_to_num()  # a row that may look at nothing gets zeros
        return self.proj((weights @ v).transpose(1, 2).reshape(batch, n, width))


class Gate(nn.Module):
    """Lets a branch into the residual stream, of a run with `--gate gru`."""

    def __init__(self, width):
        super().__init__()
        self.branch = nn.Linear(width, 3 * width, bias=False)
        self.residual = nn.Linear(width, 3 * width, bias=False)
        self.bias = nn.Parameter(torch.full((width,), 2.0))

    def forward(self, x, branch):
        width = x.shape[-1]
        y_r, y_z, y_h = self.branch(torch.relu(branch)).chunk(3, -1)
        x_r, x_z = functional.linear(x, self.residual.weight[:2 * width]).chunk(2, -1)
        z = torch.sigmoid(y_z + x_z - self.bias)
        x_h = functional.linear(torch.sigmoid(y_r + x_r) * x, self.residual.weight[2 * width:])
        return (1 - z) * x + z * torch.tanh(y_h + x_h)


class Sum(nn.Module):
    def forward(self, x, branch):
        return x + branch


class Block(nn.Module):
    def __init__(self, width, heads, gated):
        super().__init__()
        self.gate1, self.gate2 = (Gate(width), Gate(width)) if gated else (Sum(), Sum())
        self.ln1 = nn.LayerNorm(width)
        self.attn = Attention(width, heads)
        self.ln2 = nn.LayerNorm(width)
        self.mlp = nn.ModuleDict({"fc": nn.Linear(width, 4 * width), "proj": nn.Linear(4 * width, width)})

    def forward(self, x, may):
        x = self.gate1(x, self.attn(self.ln1(x), may))
        return self.gate2(x, self.mlp["proj"](functional.gelu(self.mlp["fc"](self.ln2(x)))))


class Trajectories(nn.Module):
    """The network of a run. Names of its parameters are those of model.safetensors, heads aside."""

    def __init__(self, config, channels):
        super().__init__()
        width = config["width"]
        self.tokens = config["tokens"].split(",")
        self.encoder_layers = config["encoder_layers"]
        self.constant = None if config["mask_token"] == "learned" else config["mask_token"]

        def embedding(channel):
            maker = nn.Embedding if channel["discrete"] else nn.Linear
            return maker(channel["dim"], width)

        self.embed = nn.ModuleDict({m: embedding(channels[m]) for m in self.tokens})
        self.modality = nn.ParameterDict({m: nn.Parameter(torch.zeros(width)) for m in self.tokens})
        if self.constant is None:
            self.mask = nn.ParameterDict({m: nn.Parameter(torch.zeros(width)) for m in self.tokens})
        self.position = nn.Embedding(config["context"], width)
        gated = config.get("gate") == "gru"
        self.blocks = nn.ModuleList(Block(width, config["heads"], gated) for _ in range(config["layers"]))
        self.ln_f = nn.LayerNorm(width)
        # One linear map for each role and modality: heads.policy.act becomes heads.policy_act here, as a
        # module has no room for a role of the name `forward`.
        self.heads = nn.ModuleDict()
        for head in config["outputs"]:
            columns = channels[head["modality"]]["dim"] if head["aim"] == "value" else width
            self.heads[f"{head['role']}_{head['modality']}"] = nn.Linear(width, columns)

    @classmethod
    def load(cls, run, domain=None):
        """A run folder, and of a run that was trained on several stores the name of one; returns the network
        and its whole configuration."""
        config = json.loads((pathlib.Path(run) / "config.json").read_text())
        named = {d["name"]: d["channels"] for d in config["model"].get("domains", ())}
        network = cls(config["model"], named[domain] if domain else config["model"]["channels"])
        tensors = read_safetensors(pathlib.Path(run) / "model.safetensors")
        if domain:  # its own embeddings and heads, and what all share
            others = re.compile(rf"(embed|heads)\.(?!{domain}\.)")
            tensors = {re.sub(rf"^(embed|heads)\.{domain}\.", r"\1.", name): values
                       for name, values in tensors.items() if not others.match(name)}
        network.load_state_dict({re.sub(r"^heads\.(\w+)\.", r"heads.\1_", name): values
                                 for name, values in tensors.items() if not name.startswith("average.")})
        return network.eval(), config

    def forward(self, values, visible, valid, attend):
        """Rows [B, n, C] after the last norm.

        values   by modality: standardised [B, T, D], or classes [B, T]
        visible  by modality: [B, T], False where a token is hidden
        valid    [B, T], False where a step is padding
        attend   [n, n], whether a row may look at a token
        """
        columns = []
        for m in self.tokens:
            hidden = self.mask[m] if self.constant is None else torch.full_like(self.modality[m], self.constant)
            content = torch.where(visible[m][..., None], self.embed[m](values[m]), hidden)
            columns.append(content + self.position.weight[:valid.shape[1]] + self.modality[m])
        x = torch.stack(columns, 2).flatten(1, 2)  # o_0 a_0 o_1 a_1 ...
        shown = torch.stack([visible[m] for m in self.tokens], 2).flatten(1, 2)
        there = valid.repeat_interleave(len(self.tokens), 1)
        may = attend[None] & there[:, None, :]
        for layer, block in enumerate(self.blocks):
            if layer < self.encoder_layers:  # hidden tokens join later
                x = torch.where(shown[..., None], block(x, may & shown[:, None, :]), x)
            else:
                x = block(x, may)
        return self.ln_f(x)


def compare(run, store_path, filled_path):
    """The largest difference between these predictions and those in the file, in standard deviations."""
    network, config = Trajectories.load(run)
    largest = 0.0
    with h5py.File(store_path) as store, h5py.File(filled_path) as filled, torch.no_grad():
        valid = torch.from_numpy(filled["valid"][:] == 1)
        steps = valid.shape[1]
        rows = filled["row"][:][:, None] + numpy.arange(steps)
        rows = numpy.where(valid.numpy(), rows, filled["row"][:][:, None])
        values = {}
        for m in network.tokens:
            column = store[m][:]
            if config["model"]["channels"][m]["discrete"]:
                values[m] = torch.from_numpy(column[rows].astype("i8"))
                continue
            scaler = config["scaler"][m]
            mean, scale = (numpy.array(scaler[name], "f4") for name in ("mean", "scale"))
            values[m] = torch.from_numpy((column.reshape(len(column), -1)[rows] - mean) / scale)
        for number in filled["objectives"]:
            group = filled["objectives"][number]
            visible = {m: torch.from_numpy(group[f"visible_{m}"][:] == 1) | ~valid for m in network.tokens}
            x = network(values, visible, valid, torch.from_numpy(group["attend"][:] == 1))
            for m in network.tokens:
                if f"predict_{m}" not in group:
                    continue
                asked = group[f"predict_{m}"][:] == 1
                readout = numpy.maximum(group[f"readout_{m}"][:], 0)
                said = network.heads[f"{group.attrs['role']}_{m}"](x[:, readout]).numpy()
                if f"probability_{m}" in group:
                    if "action_mask" in store:  # classes that are not valid at a step
                        said = numpy.where(store["action_mask"][:][rows] == 1, said, -numpy.inf)
                    difference = torch.softmax(torch.from_numpy(said), -1).numpy() - group[f"probability_{m}"][:]
                else:
                    scale = numpy.array(config["scaler"][m]["scale"], "f4")
                    mean = numpy.array(config["scaler"][m]["mean"], "f4")
                    difference = said - (group[f"predicted_{m}"][:] - mean) / scale
                largest = max(largest, float(numpy.abs(difference[asked]).max()))
    return largest


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    print(f"{compare(*sys.argv[1:]):.1e}")
