"""Stand-in for DeePMD-kit's `dp`: writes the same files at once, learns nothing, and can fail in named ways.

    dp_standin.py FAULT --tf train|freeze|test ...

Faults: ok, nan, truncated, silent, no_model, swapped (frozen model with its elements in reverse), one_nan (nan in the
member model_1 of a pack only), cut (killed after a checkpoint at half of the steps, unless it goes on from one). Tests
of models give the reference plus noise that shrinks with the number of training frames. Needs nothing but Python.
"""

from __future__ import annotations

import argparse
import ast
import json
import random
import struct
import sys
from pathlib import Path

STATE = "standin.json"


def main() -> int:
    """Run one command; return the exit status of the process."""
    fault, words = sys.argv[1], [word for word in sys.argv[2:] if word not in ("--tf", "--skip-neighbor-stat")]
    if fault == "silent":
        return 1
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest="command", required=True)
    train_parser = commands.add_parser("train")
    for option in ("--init-frz-model", "--restart", "-o"):
        train_parser.add_argument(option)
    train_parser.add_argument("input")
    freeze_parser = commands.add_parser("freeze")
    freeze_parser.add_argument("-o", dest="output")
    freeze_parser.add_argument("-c", dest="folder", default=".")
    test_parser = commands.add_parser("test")
    for option in ("m", "f", "n", "d"):
        test_parser.add_argument(f"-{option}")
    arguments = parser.parse_args(words)
    if arguments.command == "train":
        if fault == "one_nan":
            fault = "nan" if Path(arguments.input).parent.name == "model_1" else "ok"
        return train(fault, json.loads(Path(arguments.input).read_text()), arguments.restart)
    if arguments.command == "freeze":
        return freeze(fault, Path(arguments.folder) / STATE, Path(arguments.output))
    return test(Path(arguments.m), Path(arguments.f).read_text().split(), Path(arguments.d))


def train(fault: str, settings: dict, restart: str | None) -> int:
    """Write a log and a learning curve."""
    training = settings["training"]
    checkpoint = Path(training["save_ckpt"])
    first = int(Path(f"{restart}.index").read_text()) if restart else 0
    steps, stride = training["numb_steps"], training["disp_freq"]
    frames = sum(read_npy(Path(name) / "set.000" / "energy.npy")[0][0] for name in training["training_data"]["systems"])
    print("[2026-01-01 00:00:00,000] DEEPMD INFO    Source:            v3.2.0", flush=True)
    with Path(training["disp_file"]).open("a" if restart else "w") as curve:
        curve.write("# step       rmse_trn    rmse_e_trn    rmse_f_trn    rmse_v_trn   lr      \n")
        for step in range(first, steps + 1, stride):
            if fault == "cut" and not restart and step > steps // 2:
                for end in ("index", "meta", "data-00000-of-00001"):
                    Path(f"{checkpoint}.{end}").write_text(str(step - stride))
                print(f"DEEPMD INFO    Batch {step - stride:7d}: total\nDEEPMD INFO    saved checkpoint {checkpoint}")
                return 137
            if fault == "truncated" and step > steps // 2:
                return 137
            if fault == "nan" and step >= steps // 2:
                print(f"RuntimeError: NaN detected at batch {step:7d}: trn: . Something went wrong.")
                return 1
            error = 2.0 / (1 + step / 20)
            curve.write(f"{step:7d} {30 * error:13.2e} {0.02 * error:13.2e} {error:13.2e} {0.1:13.2e} {1e-3:10.1e}\n")
            curve.flush()
    state = settings | {"standin": {"frames": frames, "seed": training["seed"]}}
    (checkpoint.parent / STATE).write_text(json.dumps(state))
    print("DEEPMD INFO    average training time: 0.0010 s/batch (exclude first 1 batches)")
    print("DEEPMD INFO    finished training\nDEEPMD INFO    wall time: 0.100 s")
    return 0


def freeze(fault: str, state: Path, output: Path) -> int:
    """Write a graph of two constants: the elements and the training input."""
    if fault == "no_model" or not state.is_file():
        print("AttributeError: 'NoneType' object has no attribute 'model_checkpoint_path'")
        return 1
    settings = json.loads(state.read_text())
    type_map = settings["model"]["type_map"]
    if fault == "swapped":
        type_map = type_map[::-1]
    constants = {"model_attr/tmap": " ".join(type_map), "train_attr/training_script": json.dumps(settings)}
    output.write_bytes(b"".join(field(1, constant(name, text)) for name, text in constants.items()))
    return 0


def test(model: Path, systems: list[str], prefix: Path) -> int:
    """Write the detail files of all systems: reference and reference plus noise."""
    content = model.read_bytes()
    start = content.index(b"{", content.index(b"training_script"))  # PostgreSQL keeps no order of keys
    known = json.JSONDecoder().raw_decode(content[start:].decode(errors="replace"))[0]["standin"]
    noise = random.Random(known["seed"])
    scale = 0.5 / known["frames"] ** 0.5
    for kind, width, name in (("e", 1, "energy"), ("f", 3, "force"), ("v", 9, "virial")):
        with Path(f"{prefix}.{kind}.out").open("w") as file:
            for system in systems:
                path = Path(system) / "set.000" / f"{name}.npy"
                n_frames = read_npy(Path(system) / "set.000" / "energy.npy")[0][0]
                values = read_npy(path)[1] if path.is_file() else [0.0] * (n_frames * width)
                for row in range(0, len(values), width):
                    reference = values[row : row + width]
                    guess = [value + noise.gauss(0, scale) for value in reference]
                    file.write(" ".join(f"{value:.18e}" for value in [*reference, *guess]) + "\n")
    print("DEEPMD INFO    # number of systems :", len(systems))
    return 0


def read_npy(path: Path) -> tuple[tuple[int, ...], list[float]]:
    """Return shape and values of an array of little-endian doubles."""
    content = path.read_bytes()
    (length,) = struct.unpack("<H", content[8:10])
    shape = ast.literal_eval(content[10 : 10 + length].decode().strip())["shape"]
    return shape, list(struct.unpack(f"<{(len(content) - 10 - length) // 8}d", content[10 + length :]))


def constant(name: str, text: str) -> bytes:
    """A NodeDef of operation Const that holds a string."""
    value = field(8, field(8, text.encode()))  # AttrValue.tensor.string_val
    return field(1, name.encode()) + field(2, b"Const") + field(5, field(1, b"value") + field(2, value))


def field(number: int, payload: bytes) -> bytes:
    """A length-delimited field of a protocol-buffer message."""
    length, size = b"", len(payload)
    while True:
        length += bytes([(size & 0x7F) | (0x80 if size > 0x7F else 0)])
        size >>= 7
        if not size:
            return bytes([number << 3 | 2]) + length + payload


if __name__ == "__main__":
    sys.exit(main())
