"""Writes two small networks as PyTorch does; nothing is trained.

The files beside this script were made by it, with torch 2.4.1, onnx 1.23.2 and safetensors 0.8.0:

torch.safetensors           state_dict of a Sequential, 64-12-12-5
torch-logits.npy            its outputs in float64
torch.onnx                  a convolution behind a normalisation, its shape computed in the file
torch-picture-logits.npy    its outputs in float64
torch-inputs.npy            7 inputs of 1 x 8 x 8, float32
"""

import os

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn

HERE = os.path.dirname(os.path.abspath(__file__))


def path(name):
    return os.path.join(HERE, name)


class Picture(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.tensor(0.1307))
        self.register_buffer("std", torch.tensor(0.3081))
        self.conv = nn.Conv2d(1, 4, 3, stride=2, padding=1)
        self.fc = nn.Linear(64, 5)

    def forward(self, x):
        x = nn.functional.leaky_relu(self.conv((x - self.mean) / self.std), 0.125)
        return self.fc(x.view(x.size(0), -1))


def main():
    torch.manual_seed(1)
    x = torch.randn(7, 1, 8, 8)
    np.save(path("torch-inputs.npy"), x.numpy())

    plain = nn.Sequential(
        nn.Flatten(), nn.Linear(64, 12), nn.ReLU(), nn.Linear(12, 12), nn.ReLU(), nn.Linear(12, 5)
    )
    save_file(plain.state_dict(), path("torch.safetensors"))
    np.save(path("torch-logits.npy"), plain.double()(x.double()).detach().numpy())

    picture = Picture().eval()
    torch.onnx.export(
        picture, (x[:1],), path("torch.onnx"), input_names=["x"], output_names=["logits"],
        dynamic_axes={"x": {0: "batch"}},
    )
    np.save(path("torch-picture-logits.npy"), picture.double()(x.double()).detach().numpy())


if __name__ == "__main__":
    main()
