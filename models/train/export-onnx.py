#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a network of models/ as an ONNX file, as a user of PyTorch exports one: weights as in its safetensors file.

    python3 models/train/export-onnx.py lenet5 --models models

The file's input is [N][1][28][28] of 0..1, with an open batch dimension; it holds no preprocessing.
"""

import argparse
import pathlib

import numpy as np
import torch

from evaluate import read_safetensors
from train import NETWORKS, build

OPSET = 13


def load_weights(layers, module, constants):
    """The inverse of train.py's constants_of: weights from Heddle's order of axes to PyTorch's."""
    flat_map = None
    for layer in layers:
        if layer["op"] == "flatten":
            flat_map = layer["map"]
        if layer["op"] not in ("conv", "dense"):
            continue
        weight = constants[f"{layer['name']}.weight"]
        if layer["op"] == "conv":
            weight = weight.transpose(0, 3, 1, 2)
        elif flat_map is not None:
            weight = weight.reshape(-1, *flat_map).transpose(0, 3, 1, 2).reshape(len(weight), -1)
            flat_map = None
        torch_module = getattr(module, layer["name"])
        with torch.no_grad():
            torch_module.weight.copy_(torch.from_numpy(np.ascontiguousarray(weight)))
            torch_module.bias.copy_(torch.from_numpy(constants[f"{layer['name']}.bias"].copy()))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("network", choices=sorted(name for name in NETWORKS if NETWORKS[name]["output"] == "logits"))
    parser.add_argument("--models", type=pathlib.Path, required=True, help="the folder models/")
    options = parser.parse_args()
    folder = options.models / options.network
    layers = NETWORKS[options.network]["layers"]
    module = build(layers).eval()
    load_weights(layers, module, read_safetensors(folder / f"{options.network}.safetensors"))
    target = folder / f"{options.network}.onnx"
    names = {"input_names": ["image"], "output_names": ["logits"], "dynamic_axes": {"image": {0: "N"}, "logits": {0: "N"}}}
    torch.onnx.export(module, torch.zeros(1, 1, 28, 28), target, opset_version=OPSET, **names)
    print(f"wrote {target}")


if __name__ == "__main__":
    main()
