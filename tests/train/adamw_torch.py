#!/usr/bin/python3
# Prints the values that adamw_test.cpp expects: three numbers after each of five steps of PyTorch's
# AdamW in double precision. Run once, with Debian's python3-torch (1.13).
import torch

for decay in (0.1, 0.0):
    w = torch.nn.Parameter(torch.tensor([0.5, -1.0, 2.0], dtype=torch.float64))
    adam = torch.optim.AdamW([w], lr=0.05, betas=(0.9, 0.95), eps=1e-8, weight_decay=decay)
    for t in range(1, 6):
        w.grad = torch.tensor([0.3 * t, -0.2, 0.1 * (3 - t)], dtype=torch.float64)
        adam.step()
        print(decay, t, ", ".join(f"{v:.9f}" for v in w.tolist()))
