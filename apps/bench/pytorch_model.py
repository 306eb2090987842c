"""The network of mast in PyTorch (docs/architecture.md), with the names of model.safetensors.

Shapes: B batch, T steps, n tokens, C width, H heads, D columns of a modality. Values are continuous; an objective is
given by its attention matrix, its hidden tokens, and the rows where its targets are read.
"""

import torch
from torch import nn
from torch.nn import functional


def forbidden(attend):
    """attend (n, n) as booleans -> the mask that `masked` takes."""
    return ~attend


def minus_infinity(attend):
    """attend (n, n) as booleans -> the mask that `additive` and `product` take."""
    return torch.zeros(attend.shape).masked_fill(~attend, float("-inf"))


class Masked(nn.Module):
    """As most published code of this kind: a boolean mask over the scores."""

    def forward(self, q, k, v, mask):
        scores = (q @ k.transpose(-1, -2)) * q.shape[-1] ** -0.5
        return scores.masked_fill(mask, float("-inf")).softmax(-1) @ v


class Additive(nn.Module):
    """A mask of 0 and -infinity, added by the product itself."""

    def forward(self, q, k, v, mask):
        batch, heads, n, channels = q.shape
        q, k, v = (x.reshape(batch * heads, n, channels) for x in (q, k, v))
        scores = torch.baddbmm(mask.to(q.dtype), q, k.transpose(1, 2), alpha=channels**-0.5)
        return torch.bmm(scores.softmax(-1), v).view(batch, heads, n, channels)


class Fused(nn.Module):
    """PyTorch's own kernel with any mask, where its version has one (2.0)."""

    def forward(self, q, k, v, mask):
        return functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)


class Causal(nn.Module):
    """The same kernel, told that the mask is causal, so that it need not look at it."""

    def forward(self, q, k, v, mask):
        return functional.scaled_dot_product_attention(q, k, v, is_causal=True)


# name: (module, how its mask is made of `attend`)
ATTENTION = {
    "masked": (Masked, forbidden),
    "additive": (Additive, minus_infinity),
    "fused": (Fused, minus_infinity),
    "causal": (Causal, minus_infinity),
}
VARIANTS = ("eager", "scripted", "compiled")


class Attention(nn.Module):
    def __init__(self, width, heads, kernel):
        super().__init__()
        self.heads = heads
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.kernel = kernel

    def forward(self, x, mask):
        batch, n, width = x.shape
        qkv = self.qkv(x).view(batch, n, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        mixed = self.kernel(qkv[0], qkv[1], qkv[2], mask)
        return self.proj(mixed.transpose(1, 2).reshape(batch, n, width))


class Mlp(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.fc, self.proj = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        return self.proj(functional.gelu(self.fc(x)))


class Block(nn.Module):
    def __init__(self, width, heads, kernel):
        super().__init__()
        self.ln1, self.ln2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attn, self.mlp = Attention(width, heads, kernel), Mlp(width)

    def forward(self, x, mask):
        x = x + self.attn(self.ln1(x), mask)
        return x + self.mlp(self.ln2(x))


class View:
    """An objective on a batch.

    role      whose heads read
    mask      from `attend`, by ATTENTION
    rows      modality: (T') rows where its targets are read
    steps     modality: (T') steps of these targets
    hidden    modality: (B, T) booleans, or empty where nothing is hidden
    predict   modality: (B, T') 1 where there is a target, or empty where all are
    """

    def __init__(self, role, mask, rows, steps, hidden, predict):
        self.role, self.mask, self.rows, self.steps = role, mask, rows, steps
        self.hidden, self.predict = hidden, predict


class Model(nn.Module):
    """config is that of config.json; attention one of ATTENTION."""

    def __init__(self, config, attention):
        super().__init__()
        width = config["width"]
        self.layout = config["tokens"].split(",")
        dims = {m: config["channels"][m]["dim"] for m in self.layout}
        self.embed = nn.ModuleDict({m: nn.Linear(dims[m], width) for m in self.layout})
        self.mask = nn.ParameterDict({m: self.place(width) for m in self.layout})
        self.modality = nn.ParameterDict({m: self.place(width) for m in self.layout})
        self.position = nn.Embedding(config["context"], width)
        nn.init.normal_(self.position.weight, std=0.02)
        kernel = ATTENTION[attention][0]
        self.blocks = nn.ModuleList(Block(width, config["heads"], kernel()) for _ in range(config["layers"]))
        self.ln_f = nn.LayerNorm(width)
        self.heads = nn.ModuleDict()
        for output in config["outputs"]:
            role, modality = output["role"], output["modality"]
            if role not in self.heads:
                self.heads[role] = nn.ModuleDict()
            self.heads[role][modality] = nn.Linear(width, dims[modality])

    @staticmethod
    def place(width):
        return nn.Parameter(0.02 * torch.randn(width))

    def tokens(self, values, view):
        parts = []
        for modality in self.layout:
            content = self.embed[modality](values[modality])
            if modality in view.hidden:
                content = torch.where(view.hidden[modality][..., None], self.mask[modality].to(content.dtype), content)
            parts.append(content + self.modality[modality])
        x = torch.stack(parts, dim=2)  # (B, T, kinds, C)
        return (x + self.position.weight[: x.shape[1], None]).flatten(1, 2)

    def forward(self, values, view):
        """values: modality -> (B, T, D). The loss: mean squared errors of each modality, added up."""
        x = self.tokens(values, view)
        for block in self.blocks:
            x = block(x, view.mask)
        loss = torch.zeros(())
        for modality, rows in view.rows.items():
            read = self.heads[view.role][modality](self.ln_f(x.index_select(1, rows)))
            error = (read.float() - values[modality].index_select(1, view.steps[modality]).float()) ** 2
            if modality in view.predict:
                chosen = view.predict[modality]
                loss = loss + (error * chosen[..., None]).sum() / (chosen.sum().clamp(min=1) * error.shape[-1])
            else:
                loss = loss + error.mean()
        return loss


def as_variant(model, variant):
    """The model itself, with its blocks scripted, or compiled as a whole; parameters stay the same tensors."""
    if variant == "scripted":
        model.blocks = nn.ModuleList(torch.jit.script(block) for block in model.blocks)
    if variant == "compiled":
        return torch.compile(model)
    return model


def decay_groups(model, weight_decay):
    """mast decays the matrices of linear layers and nothing else."""
    groups = ([], [])
    for name, parameter in model.named_parameters():
        groups[parameter.dim() == 2 and name != "position.weight"].append(parameter)
    return [{"params": groups[0], "weight_decay": 0.0}, {"params": groups[1], "weight_decay": weight_decay}]


def adamw(groups, rate):
    """As mast's; in one kernel where PyTorch has it (2.4)."""
    options = {"lr": rate, "betas": (0.9, 0.95), "eps": 1e-8}
    try:
        return torch.optim.AdamW(groups, fused=True, **options)
    except (TypeError, RuntimeError):
        return torch.optim.AdamW(groups, **options)
