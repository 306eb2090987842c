#!/usr/bin/env python3
"""Writes loss and gradients of small networks, worked out by PyTorch in double precision.

    apt-get install python3-torch python3-numpy
    tests/golden/make_model_values.py [FOLDER]     (default: beside this script)

Made with Debian 12's PyTorch 1.13. The network is written out from its formulas (docs/architecture.md), layer by layer,
so that only autograd is shared with others. Inputs and parameters are rounded to single precision before anything is
computed. One file for each case, model_CASE.safetensors, all float32:

    values/MODALITY      (B, T, D), or class numbers (B, T)
    valid                (B, T)
    may                  (B, T, K), where some classes of the actions are not valid
    hidden, predict      (B, n)
    attend               (n, n)
    readout              (n), -1 where nothing is read
    parameter/NAME       as in model.safetensors
    gradient/NAME        of weight * loss

and in the metadata `config` (the model's JSON), `role`, `weight` and `losses` (JSON: [sum, count] by modality).
"""

import json
import pathlib
import struct
import sys

import numpy
import torch

EPSILON = 1e-5


class Case:
    """Sizes, masks and inputs of one network."""

    def __init__(self, name, seed, tokens, steps, channels, lengths, **sizes):
        self.name = name
        self.random = numpy.random.RandomState(seed)
        self.layout = tokens.split(",")
        self.steps = steps
        self.channels = channels  # modality: (dim, discrete)
        self.valid = numpy.array([[t < length for t in range(steps)] for length in lengths], float)
        self.context = sizes.get("context", steps)
        self.layers, self.heads, self.width = sizes["layers"], sizes["heads"], sizes["width"]
        self.mask_token = sizes.get("mask_token", "learned")
        self.weight = sizes.get("weight", 1.0)
        self.role = sizes.get("role", "infill")
        self.gate = sizes.get("gate", "none")
        self.masked = sizes.get("masked", False)
        n = self.n = steps * len(self.layout)
        self.token_valid = numpy.repeat(self.valid, len(self.layout), axis=1)
        self.attend = numpy.tril(numpy.ones((n, n)))
        self.readout = -numpy.ones(n)
        self.hidden = numpy.zeros((len(lengths), n))

    def token(self, step, modality):
        return step * len(self.layout) + self.layout.index(modality)

    def kinds(self):
        return [self.layout[i % len(self.layout)] for i in range(self.n)]

    def hide(self, ratio):
        """Hides tokens at random; each of them is read at its own row."""
        self.hidden = (self.random.rand(*self.hidden.shape) < ratio) * self.token_valid
        self.readout = numpy.arange(self.n, dtype=float)
        self.predict = self.hidden

    def read(self, modality, step_offset, row_modality):
        """Predicts the token of `modality` at step t from row (t + step_offset, row_modality)."""
        for t in range(self.steps):
            if t + step_offset < self.steps:
                self.readout[self.token(t, modality)] = self.token(t + step_offset, row_modality)
        row_valid = numpy.array([[v[int(r)] if r >= 0 else 0 for r in self.readout] for v in self.token_valid])
        self.predict = row_valid * self.token_valid

    def draw_values(self):
        values = {}
        for modality in self.layout:
            dim, discrete = self.channels[modality]
            if discrete:
                values[modality] = self.random.randint(0, dim, self.valid.shape) * self.valid
            else:
                values[modality] = self.random.randn(*self.valid.shape, dim) * self.valid[:, :, None]
        if self.masked:
            self.may = self.random.rand(*self.valid.shape, self.channels["act"][0]) < 0.5
            numpy.put_along_axis(self.may, values["act"].astype(int)[:, :, None], True, 2)
        return {k: numpy.float32(v) for k, v in values.items()}

    def config(self):
        return {
            "tokens": ",".join(self.layout), "context": self.context, "layers": self.layers, "heads": self.heads,
            "width": self.width, "mask_token": self.mask_token, **({} if self.gate == "none" else {"gate": self.gate}),
            "channels": {m: {"dim": d, "discrete": k} for m, (d, k) in self.channels.items()},
            "outputs": [{"role": self.role, "modality": m} for m in sorted(self.layout) if self.predicts(m)],
        }

    def predicts(self, modality):
        return any(self.readout[i] >= 0 for i, kind in enumerate(self.kinds()) if kind == modality)


def parameter_shapes(case):
    c = case.width
    shapes = {"position.weight": (case.context, c)}
    linear = {}
    norms = ["ln_f"]
    for modality in case.layout:
        dim, discrete = case.channels[modality]
        if discrete:
            shapes[f"embed.{modality}.weight"] = (dim, c)
        else:
            linear[f"embed.{modality}"] = (c, dim)
        if case.mask_token == "learned":
            shapes[f"mask.{modality}"] = (c,)
        shapes[f"modality.{modality}"] = (c,)
        if case.predicts(modality):
            linear[f"heads.{case.role}.{modality}"] = (dim, c)
    for i in range(case.layers):
        norms += [f"blocks.{i}.ln1", f"blocks.{i}.ln2"]
        linear[f"blocks.{i}.attn.qkv"] = (3 * c, c)
        linear[f"blocks.{i}.attn.proj"] = (c, c)
        linear[f"blocks.{i}.mlp.fc"] = (4 * c, c)
        linear[f"blocks.{i}.mlp.proj"] = (c, 4 * c)
        for gate in ("gate1", "gate2") if case.gate == "gru" else ():
            shapes[f"blocks.{i}.{gate}.branch.weight"] = shapes[f"blocks.{i}.{gate}.residual.weight"] = (3 * c, c)
            shapes[f"blocks.{i}.{gate}.bias"] = (c,)
    for name in norms:
        shapes[f"{name}.weight"] = shapes[f"{name}.bias"] = (c,)
    for name, shape in linear.items():
        shapes[f"{name}.weight"] = shape
        shapes[f"{name}.bias"] = shape[:1]
    return shapes


def draw_parameters(case):
    """Far from an initial network: every term of every formula should matter."""
    parameters = {}
    for name, shape in parameter_shapes(case).items():
        values = case.random.randn(*shape) * 0.5
        if ".ln" in name or name.startswith("ln_f"):
            values = values + (1 if name.endswith("weight") else 0)
        parameters[name] = torch.tensor(numpy.float64(numpy.float32(values)), requires_grad=True)
    return parameters


def layer_norm(x, p, name):
    centred = x - x.mean(-1, keepdim=True)
    variance = (centred**2).mean(-1, keepdim=True)
    return centred / torch.sqrt(variance + EPSILON) * p[f"{name}.weight"] + p[f"{name}.bias"]


def linear(x, p, name):
    return x @ p[f"{name}.weight"].T + p[f"{name}.bias"]


def gelu(x):
    return x * (1 + torch.erf(x / 2**0.5)) / 2


def attention(x, p, name, case):
    batch, n, c = x.shape
    qkv = linear(x, p, f"{name}.qkv").reshape(batch, n, 3, case.heads, c // case.heads)
    q, k, v = (qkv[:, :, i].transpose(1, 2) for i in range(3))
    allowed = torch.tensor(case.attend)[None] * torch.tensor(case.token_valid)[:, None]  # (B, n, n)
    weights = torch.exp(q @ k.transpose(2, 3) / (c // case.heads) ** 0.5) * allowed[:, None]
    total = weights.sum(-1, keepdim=True)
    weights = weights / torch.where(total == 0, torch.ones_like(total), total)  # a blind row gives zeros
    return linear((weights @ v).transpose(1, 2).reshape(batch, n, c), p, f"{name}.proj")


def join(x, branch, p, name, case):
    """What a branch gives goes into the residual stream: added, or through the gate of Parisotto et al. 2020."""
    if case.gate == "none":
        return x + branch
    y = torch.relu(branch)
    wr, wz, wh = p[f"{name}.branch.weight"].chunk(3)
    ur, uz, uh = p[f"{name}.residual.weight"].chunk(3)
    r = torch.sigmoid(y @ wr.T + x @ ur.T)
    z = torch.sigmoid(y @ wz.T + x @ uz.T - p[f"{name}.bias"])
    return (1 - z) * x + z * torch.tanh(y @ wh.T + (r * x) @ uh.T)


def embed(case, p, values):
    tokens = []
    for t in range(case.steps):
        for modality in case.layout:
            i = len(tokens)
            if case.channels[modality][1]:
                content = p[f"embed.{modality}.weight"][torch.tensor(values[modality][:, t]).long()]
            else:
                content = linear(torch.tensor(values[modality][:, t]).double(), p, f"embed.{modality}")
            if case.mask_token == "learned":
                masked = p[f"mask.{modality}"].expand_as(content)
            else:
                masked = torch.full_like(content, case.mask_token)
            hidden = torch.tensor(case.hidden[:, i] != 0)[:, None]
            tokens.append(torch.where(hidden, masked, content) + p["position.weight"][t] + p[f"modality.{modality}"])
    return torch.stack(tokens, 1)


def losses(case, p, values):
    """Sums of squared errors or nats, and how many there are, by modality."""
    x = embed(case, p, values)
    for i in range(case.layers):
        attended = attention(layer_norm(x, p, f"blocks.{i}.ln1"), p, f"blocks.{i}.attn", case)
        x = join(x, attended, p, f"blocks.{i}.gate1", case)
        hidden = linear(layer_norm(x, p, f"blocks.{i}.ln2"), p, f"blocks.{i}.mlp.fc")
        x = join(x, linear(gelu(hidden), p, f"blocks.{i}.mlp.proj"), p, f"blocks.{i}.gate2", case)
    x = layer_norm(x, p, "ln_f")
    sums = {}
    for b, i in zip(*numpy.nonzero(case.predict)):
        modality = case.kinds()[i]
        target = values[modality][b, i // len(case.layout)]
        read = linear(x[b, int(case.readout[i])], p, f"heads.{case.role}.{modality}")
        if case.masked and modality == "act":
            valid = torch.tensor(case.may[b, i // len(case.layout)])
            logits = torch.where(valid, read, torch.full_like(read, -torch.inf))
            error, count = torch.nn.functional.cross_entropy(logits, torch.tensor(int(target))), 1
        elif case.channels[modality][1]:
            error, count = torch.log(torch.exp(read).sum()) - read[int(target)], 1
        else:
            error, count = ((read - torch.tensor(target).double()) ** 2).sum(), len(target)
        old = sums.get(modality, (0, 0))
        sums[modality] = (old[0] + error, old[1] + count)
    return sums


def write_safetensors(path, tensors, metadata):
    header, data = {"__metadata__": metadata}, b""
    for name, values in tensors.items():
        raw = numpy.ascontiguousarray(values, "<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(values.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def make(case, folder):
    values = case.draw_values()
    parameters = draw_parameters(case)
    sums = losses(case, parameters, values)
    (case.weight * sum(total / count for total, count in sums.values())).backward()
    tensors = {f"values/{name}": array for name, array in values.items()}
    for name in ("valid", "hidden", "predict", "attend", "readout"):
        tensors[name] = getattr(case, name)
    if case.masked:
        tensors["may"] = case.may
    for name, tensor in parameters.items():
        tensors[f"parameter/{name}"] = tensor.detach().numpy()
        gradient = torch.zeros_like(tensor) if tensor.grad is None else tensor.grad
        tensors[f"gradient/{name}"] = gradient.numpy()
    metadata = {
        "config": json.dumps(case.config()), "role": case.role, "weight": repr(case.weight),
        "losses": json.dumps({m: [float(total.detach()), count] for m, (total, count) in sums.items()}),
    }
    write_safetensors(folder / f"model_{case.name}.safetensors", tensors, metadata)


def inverse():
    """Continuous actions between two observations; padding; a window shorter than the context."""
    case = Case("inverse", 1, "obs,act", 5, {"obs": (3, False), "act": (2, False)}, [5, 3, 2, 5], role="inverse",
                context=7, layers=2, heads=2, width=8)
    for t in range(1, case.steps):
        row = case.token(t, "obs")
        case.attend[row, row - 1:row + 1] = 0
    case.read("act", 1, "obs")
    return case


def infill():
    """Discrete actions and observations hidden at random, every row sees every row."""
    case = Case("infill", 2, "obs,act", 4, {"obs": (3, False), "act": (4, True)}, [4, 4, 1, 3], layers=2, heads=2,
                width=8)
    case.attend[:] = 1
    case.hide(0.4)
    return case


def returns():
    """Return to go, observation, action; one head, a weight that is not 1."""
    case = Case("returns", 3, "rtg,obs,act", 3, {"rtg": (1, False), "obs": (5, False), "act": (3, False)}, [3, 2, 3],
                role="policy", layers=3, heads=1, width=6, weight=0.25)
    case.read("act", 0, "obs")
    return case


def constant():
    """The constant in place of mask vectors; arbitrary attention with a row that sees nothing."""
    case = Case("constant", 4, "obs,act,rew", 3, {"obs": (2, False), "act": (3, True), "rew": (1, False)}, [3, 1, 2],
                layers=2, heads=4, width=8, mask_token=-1.0)
    case.attend = (case.random.rand(case.n, case.n) < 0.5).astype(float)
    case.attend[4] = 0
    case.hide(0.5)
    return case


def masked():
    """Discrete actions of which some are not valid at each step."""
    case = Case("masked", 5, "obs,act", 4, {"obs": (3, False), "act": (5, True)}, [4, 2, 3], role="policy", layers=1,
                heads=2, width=8, masked=True)
    case.read("act", 0, "obs")
    return case


def gated():
    """Gates instead of sums."""
    case = Case("gated", 6, "obs,act", 4, {"obs": (3, False), "act": (2, False)}, [4, 2, 3], role="policy", layers=2,
                heads=2, width=8, gate="gru")
    case.read("act", 0, "obs")
    return case


if __name__ == "__main__":
    target = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent
    for make_case in (inverse, infill, returns, constant, masked, gated):
        make(make_case(), target)
