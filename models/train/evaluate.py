#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Accuracy of a float model of models/ on labelled pictures, in plain NumPy straight from the two model files.

    python3 models/train/evaluate.py models/lenet5/lenet5.json --images digits.npy --labels digits-labels.npy

Independent of the training script and of the compiler: it shares no code with either, so that it can check both.
Pictures are [N][28][28][1], uint8 0..255. `--save` writes the outputs, float32 [N][10].
"""

import argparse
import json
import pathlib
import struct

import numpy as np

CHUNK = 500


def read_safetensors(path):
    """Name -> float32 array."""
    content = path.read_bytes()
    (length,) = struct.unpack_from("<Q", content)
    header, data = json.loads(content[8 : 8 + length]), content[8 + length :]
    arrays = {}
    for name, entry in header.items():
        start, end = entry["data_offsets"]
        arrays[name] = np.frombuffer(data[start:end], dtype={"F32": "<f4"}[entry["dtype"]]).reshape(entry["shape"])
    return arrays


def windows(maps, kernel, stride):
    """[N][H][W][C] -> [N][OH][OW][C][kh][kw]."""
    view = np.lib.stride_tricks.sliding_window_view(maps, tuple(kernel), axis=(1, 2))
    return view[:, :: stride[0], :: stride[1]]


def conv(attributes, maps, weight, bias):
    top, left, bottom, right = attributes["pad"]
    padded = np.pad(maps, ((0, 0), (top, bottom), (left, right), (0, 0)))
    seen = windows(padded, weight.shape[1:3], attributes["stride"])
    return np.einsum("nyxcij,oijc->nyxo", seen, weight, optimize=True) + bias


OPS = {
    "conv": conv,
    "max-pool": lambda attributes, maps: windows(maps, attributes["kernel"], attributes["stride"]).max(axis=(-2, -1)),
    "dense": lambda attributes, values, weight, bias: values @ weight.T + bias,
    "flatten": lambda attributes, maps: maps.reshape(len(maps), -1),
    "relu": lambda attributes, values: np.maximum(values, 0),
    # 1 / (1 + exp(-x)), in a form that does not overflow
    "sigmoid": lambda attributes, values: 0.5 * (1 + np.tanh(0.5 * values)),
}


def forward(model, constants, pictures):
    """The outputs of the model's one output tensor, [N][classes]."""
    (source,) = model["inputs"]
    mean, std = (np.array(source["preprocessing"][key], dtype=np.float32) for key in ("mean", "std"))
    tensors = {**constants, source["tensor"]: (pictures.astype(np.float32) - mean) / std}
    for node in model["nodes"]:
        (result,) = node["outputs"]
        tensors[result] = OPS[node["op"]](node.get("attributes", {}), *(tensors[name] for name in node["inputs"]))
    return tensors[model["outputs"][0]["tensor"]].astype(np.float32)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("--images", type=pathlib.Path, required=True)
    parser.add_argument("--labels", type=pathlib.Path, required=True)
    parser.add_argument("--save", type=pathlib.Path)
    options = parser.parse_args()
    model = json.loads(options.model.read_text())
    constants = read_safetensors(options.model.parent / model["weights"])
    images, labels = np.load(options.images), np.load(options.labels)
    chunks = (images[at : at + CHUNK] for at in range(0, len(images), CHUNK))
    outputs = np.concatenate([forward(model, constants, chunk) for chunk in chunks])
    hits = int((outputs.argmax(axis=1) == labels).sum())
    print(f"{model['name']}: {hits} of {len(labels)} right, {100 * hits / len(labels):.2f} %")
    if options.save is not None:
        np.save(options.save, outputs)


if __name__ == "__main__":
    main()
