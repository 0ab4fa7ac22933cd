#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Trains the small networks that ship in models/ and writes each as NAME.json and NAME.safetensors.

    node models/train/export-digits.mjs DIGITS
    python3 models/train/train.py lenet5 --digits DIGITS --out models

Needs PyTorch 1.13 or newer and NumPy. One thread and a fixed seed: the same machine and PyTorch repeat a run.
Pixels stay 0..255 in the model files; the networks see pixel / 255, which the files say as mean 0, std 255.
"""

import argparse
import copy
import json
import math
import pathlib
import struct
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional

PIXEL_MAX = 255.0


# --- The networks: one list of layers each, from which both the PyTorch module and the model file are made.
# Epochs, peak learning rate and strength of the distortions were chosen on the held-out digits. ---


def conv(number, in_channels, out_channels, kernel, pad=0):
    return {"name": f"conv{number}", "op": "conv", "in": in_channels, "out": out_channels, "kernel": kernel, "pad": pad}


def pool(number):
    return {"name": f"pool{number}", "op": "max-pool", "kernel": 2}


def flatten(height, width, channels):
    """Fixes the order [H][W][C] of the dense layer behind it, where PyTorch has [C][H][W]."""
    return {"name": "flatten", "op": "flatten", "map": (height, width, channels)}


def dense(number, inputs, outputs):
    return {"name": f"dense{number}", "op": "dense", "in": inputs, "out": outputs}


def relu(number):
    return {"name": f"relu{number}", "op": "relu"}


def sigmoid(number):
    return {"name": f"sigmoid{number}", "op": "sigmoid"}


NETWORKS = {
    "lenet5": {
        "output": "logits",
        "epochs": 100, "rate": 2e-3, "augment": 0.6,
        "layers": [
            conv(1, 1, 6, 5, pad=2), relu(1), pool(1),
            conv(2, 6, 16, 5), relu(2), pool(2),
            flatten(5, 5, 16),
            dense(1, 400, 120), relu(3),
            dense(2, 120, 84), relu(4),
            dense(3, 84, 10),
        ],
    },
    "mlp": {
        "output": "logits",
        "epochs": 60, "rate": 2e-3, "augment": 0.5,
        "layers": [
            flatten(28, 28, 1),
            dense(1, 784, 64), relu(1),
            dense(2, 64, 32), relu(2),
            dense(3, 32, 10),
        ],
    },
    "sigmoid2": {
        "output": "scores",
        "epochs": 60, "rate": 2e-2, "augment": 0.5,
        "layers": [flatten(28, 28, 1), dense(1, 784, 32), sigmoid(1), dense(2, 32, 10), sigmoid(2)],
    },
    "perceptron": {
        "output": "logits",
        "epochs": 30, "rate": 2e-3, "augment": 0.3,
        "layers": [flatten(28, 28, 1), dense(1, 784, 10)],
    },
}


def torch_layer(layer):
    """One layer as a PyTorch module."""
    if layer["op"] == "conv":
        return nn.Conv2d(layer["in"], layer["out"], layer["kernel"], padding=layer["pad"])
    if layer["op"] == "dense":
        return nn.Linear(layer["in"], layer["out"])
    if layer["op"] == "max-pool":
        return nn.MaxPool2d(layer["kernel"])
    return {"relu": nn.ReLU, "sigmoid": nn.Sigmoid, "flatten": nn.Flatten}[layer["op"]]()


def build(layers):
    """The network as a PyTorch module on pictures [N][1][28][28] of 0..1. A last sigmoid is left to the loss."""
    kept = layers[:-1] if layers[-1]["op"] == "sigmoid" else layers
    module = nn.Sequential()
    for layer in kept:
        module.add_module(layer["name"], torch_layer(layer))
    return module


# --- Training. ---


def augment(pictures, strength, generator):
    """Pictures [N][1][28][28], each turned, scaled, sheared, shifted and bent a little, at random."""
    count, _, height, width = pictures.shape

    def uniform(limit, *shape):
        return (torch.rand(*shape, generator=generator) * 2 - 1) * limit * strength

    angle, shear = uniform(math.radians(12), count), uniform(0.15, count)
    scale_y, scale_x = 1 + uniform(0.12, count), 1 + uniform(0.12, count)
    shift = uniform(2 * 2 / width, count, 2)  # two pixels, in the units of grid_sample (-1..1 over the picture)
    cos, sin = torch.cos(angle), torch.sin(angle)
    rows = [
        torch.stack([cos * scale_x, -sin * scale_y + shear, shift[:, 0]], dim=1),
        torch.stack([sin * scale_x, cos * scale_y, shift[:, 1]], dim=1),
    ]
    grid = functional.affine_grid(torch.stack(rows, dim=1), list(pictures.shape), align_corners=False)
    # The elastic part: random displacements on a coarse mesh, smooth in between.
    bend = uniform(2 * 1.5 / width, count, 2, 6, 6)
    bend = functional.interpolate(bend, size=(height, width), mode="bicubic", align_corners=True)
    return functional.grid_sample(pictures, grid + bend.permute(0, 2, 3, 1), align_corners=False)


def loss_of(outputs, labels, has_scores):
    """Cross-entropy over the classes; for a network that ends in sigmoids, of each output by itself."""
    if not has_scores:
        return functional.cross_entropy(outputs, labels)
    targets = functional.one_hot(labels, outputs.shape[1]).float()
    return functional.binary_cross_entropy_with_logits(outputs, targets, reduction="sum") / len(labels)


def average_into(average, module, decay):
    """Moves the averaged weights a step towards the module's."""
    with torch.no_grad():
        for kept, now in zip(average.parameters(), module.parameters()):
            kept.lerp_(now, 1 - decay)


def accuracy(module, pictures, labels):
    with torch.no_grad():
        hits = sum(int((module(p).argmax(1) == l).sum()) for p, l in zip(pictures.split(500), labels.split(500)))
    return hits / len(labels)


def fit(network, train, held_out, options):
    """Trains with Adam, the rate falling along a cosine, and returns the running average of the weights."""
    pictures, labels = train
    has_scores = network["layers"][-1]["op"] == "sigmoid"
    module = build(network["layers"])
    average = copy.deepcopy(module)
    generator = torch.Generator().manual_seed(options.seed + 1)
    batches = len(labels) // options.batch
    steps, step = options.epochs * batches, 0
    optimizer = torch.optim.AdamW(module.parameters(), lr=options.rate, weight_decay=options.decay)
    started = time.time()
    for epoch in range(options.epochs):
        order = torch.randperm(len(labels), generator=generator)
        for batch in order[: batches * options.batch].split(options.batch):
            warm_up = min(1.0, (step + 1) / (batches / 2))
            rate = options.rate * warm_up * 0.5 * (1 + math.cos(math.pi * step / steps))
            for group in optimizer.param_groups:
                group["lr"] = rate
            seen = augment(pictures[batch], options.augment, generator)
            loss = loss_of(module(seen), labels[batch], has_scores)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            step += 1
            average_into(average, module, min(0.998, step / (step + 10)))
        if (epoch + 1) % 5 == 0 or epoch + 1 == options.epochs:
            held = accuracy(average, *held_out)
            seconds = time.time() - started
            print(f"epoch {epoch + 1:3d}: loss {loss.item():.4f}, held-out {held:.4f}, {seconds:.0f} s", flush=True)
    return average


# --- The model file. ---


def constants_of(layers, module):
    """Name -> float32 array in Heddle's order: conv [oc][kh][kw][ic], dense [out][in] with `in` in [H][W][C] order."""
    constants, flat_map = {}, None
    for layer in layers:
        if layer["op"] == "flatten":
            flat_map = layer["map"]
        if layer["op"] not in ("conv", "dense"):
            continue
        torch_module = getattr(module, layer["name"])
        weight = torch_module.weight.detach().numpy()
        if layer["op"] == "conv":
            weight = weight.transpose(0, 2, 3, 1)
        elif flat_map is not None:
            height, width, channels = flat_map
            weight = weight.reshape(-1, channels, height, width).transpose(0, 2, 3, 1).reshape(len(weight), -1)
            flat_map = None
        constants[f"{layer['name']}.weight"] = np.ascontiguousarray(weight, dtype="<f4")
        constants[f"{layer['name']}.bias"] = torch_module.bias.detach().numpy().astype("<f4")
    return constants


def attributes_of(layer):
    if layer["op"] == "conv":
        return {"kernel": [layer["kernel"]] * 2, "stride": [1, 1], "pad": [layer["pad"]] * 4}
    if layer["op"] == "max-pool":
        return {"kernel": [layer["kernel"]] * 2, "stride": [layer["kernel"]] * 2}
    return {}


def nodes_of(layers, output):
    """The chain of nodes from tensor `image` to tensor `output`."""
    nodes, tensor = [], "image"
    for index, layer in enumerate(layers):
        name = layer["name"]
        result = output if index + 1 == len(layers) else f"{name}.out"
        weights = [f"{name}.weight", f"{name}.bias"] if layer["op"] in ("conv", "dense") else []
        node = {"name": name, "op": layer["op"], "inputs": [tensor, *weights], "outputs": [result]}
        attributes = attributes_of(layer)
        nodes.append({**node, "attributes": attributes} if attributes else node)
        tensor = result
    return nodes


def json_text(model):
    """The model as JSON with one tensor or node a line, which reads and diffs well."""
    lines = []
    for key, value in model.items():
        if isinstance(value, dict):
            entries = [f"    {json.dumps(name)}: {json.dumps(entry)}" for name, entry in value.items()]
            lines.append(f"  {json.dumps(key)}: {{\n" + ",\n".join(entries) + "\n  }")
        elif isinstance(value, list):
            entries = [f"    {json.dumps(entry)}" for entry in value]
            lines.append(f"  {json.dumps(key)}: [\n" + ",\n".join(entries) + "\n  ]")
        else:
            lines.append(f"  {json.dumps(key)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def safetensors_bytes(constants):
    """The format: header length (8 bytes, little endian), JSON header, data; names sorted, header a multiple of 8."""
    header, offset = {}, 0
    for name in sorted(constants):
        end = offset + constants[name].nbytes
        header[name] = {"dtype": "F32", "shape": list(constants[name].shape), "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + b"".join(constants[name].tobytes() for name in sorted(constants))


def write_model(name, network, module, out):
    constants = constants_of(network["layers"], module)
    image = {"tensor": "image", "shape": [28, 28, 1], "type": "float32", "layout": "nhwc"}
    image["preprocessing"] = {"mean": [0], "std": [255], "bgr": False}
    model = {
        "formatVersion": 1,
        "name": name,
        "weights": f"{name}.safetensors",
        "inputs": [image],
        "outputs": [{"tensor": network["output"], "layout": "nhwc", "classOffset": 0}],
        "tensors": {
            key: {"constant": True, "shape": list(value.shape), "type": "float32"} for key, value in constants.items()
        },
        "nodes": nodes_of(network["layers"], network["output"]),
    }
    folder = out / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json_text(model))
    (folder / f"{name}.safetensors").write_bytes(safetensors_bytes(constants))
    print(f"wrote {folder / name}.json and .safetensors: {sum(c.size for c in constants.values())} parameters")


def load_set(folder, name):
    """Pictures as float [N][1][28][28] of 0..1, labels as integers [N]."""
    pictures = np.load(folder / f"{name}.npy").astype(np.float32) / PIXEL_MAX
    labels = np.load(folder / f"{name}-labels.npy").astype(np.int64)
    return torch.from_numpy(pictures.transpose(0, 3, 1, 2).copy()), torch.from_numpy(labels)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("network", choices=sorted(NETWORKS))
    parser.add_argument("--digits", type=pathlib.Path, required=True, help="folder that export-digits.mjs filled")
    parser.add_argument("--out", type=pathlib.Path, help="models folder; without it nothing is written")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--epochs", type=int, help="without it, and without --rate or --augment, the network's own")
    parser.add_argument("--batch", type=int, default=50)
    parser.add_argument("--rate", type=float, help="peak learning rate")
    parser.add_argument("--decay", type=float, default=1e-2, help="weight decay")
    parser.add_argument("--augment", type=float, help="strength of the distortions; 0 for none")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    network = NETWORKS[options.network]
    for key in ("epochs", "rate", "augment"):
        if getattr(options, key) is None:
            setattr(options, key, network[key])
    module = fit(network, load_set(options.digits, "train"), load_set(options.digits, "held-out"), options)
    if options.out is not None:
        write_model(options.network, network, module, options.out)


if __name__ == "__main__":
    main()
