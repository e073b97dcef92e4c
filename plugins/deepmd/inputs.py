"""DeePMD-kit's ``input.json``: default parameters, and entries that a job adds (no AiiDA)."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from aiida_zif.plugins.deepmd.argument_check import complaint

AUTO = "auto"
SEL_MARGIN = 1.25
"""Room for more neighbours than the data show: exploration compresses and melts what it is given."""

HASTY_RUN = 10_000
"""Steps up to which a training has to hurry."""

LONG_RUN = 200_000
"""Number of steps beyond which early stopping applies."""

DISPLAYED_STEPS = 40
CHECKPOINT_EVERY = 5000

VALIDATED_STEPS = 200
"""Rows of the learning curve where the error on validation frames is followed."""

CHECKPOINT_ROWS = 10
"""Rows of such a learning curve between two checkpoints."""

VALIDATED_FRAMES = 20
"""Validation frames a row at most."""


def training_input(
    type_map: Sequence[str],
    rcut: float = 5.0,
    steps: int = 600,
    *,
    sel: Sequence[int] | str = AUTO,
    rcut_smooth: float = 0.5,
    embedding: Sequence[int] = (10, 20, 40),
    axis_neuron: int = 8,
    fitting: Sequence[int] = (64, 64, 64),
    precision: str = "float32",
    batch_size: int = 1,
    learning_rate: dict[str, Any] | None = None,
    loss: dict[str, float] | None = None,
) -> dict[str, Any]:
    """Return the ``parameters`` of a training: input.json without data paths and seeds.

    The defaults learn fast from tens of frames: a small smooth descriptor (se_e2_a, one embedding net per neighbour
    type) in single precision. How the learning rate runs follows from the length, see :func:`default_optimisation`.

    :param type_map: elements in the order of the model's types.
    :param rcut: cut-off radius in Å.
    :param steps: training steps, one batch each.
    :param sel: neighbours kept of each element, in the order of ``type_map``; ``auto`` counts them in the data.
    :param rcut_smooth: Å, where the smoothing of 1/r begins.
    :param embedding: layers of the embedding net.
    :param axis_neuron: columns of the embedding that form the second axis of the descriptor.
    :param fitting: layers of the fitting net.
    :param precision: ``float32`` or ``float64`` of descriptor and fitting net.
    :param batch_size: frames a step.
    :param learning_rate: entries that differ from the defaults.
    :param loss: prefactors that differ from the defaults.
    """
    optimisation = default_optimisation(steps)
    return {
        "model": {
            "type_map": list(type_map),
            "descriptor": {
                "type": "se_e2_a",
                "rcut": float(rcut),
                "rcut_smth": float(rcut_smooth),
                "sel": sel if isinstance(sel, str) else list(sel),
                "neuron": list(embedding),
                "axis_neuron": axis_neuron,
                "type_one_side": True,
                "precision": precision,
            },
            "fitting_net": {"neuron": list(fitting), "resnet_dt": True, "precision": precision},
        },
        "learning_rate": optimisation["learning_rate"] | dict(learning_rate or {}),
        "optimizer": optimisation["optimizer"],
        "loss": default_loss() | dict(loss or {}),
        "training": {"numb_steps": int(steps), "batch_size": batch_size},
    }


def default_optimisation(steps: int) -> dict[str, Any]:
    """Return the ``learning_rate`` and ``optimizer`` sections that suit a number of steps.

    The first learning rate is high, and Adam forgets second moments fast: with DeePMD-kit's customary 1e-3 and 0.999
    errors are more than twice as large after 30 000 steps (docs/training.md). A cosine stays high for half of the run,
    where an exponential has spent it: what it reached in 30 000 steps the latter did not in 100 000. Only a very long
    run takes the exponential, which may be cut where the error on held-out frames is flat.
    """
    if steps <= LONG_RUN:
        start = 0.02 if steps <= HASTY_RUN else 0.005
        rate: dict[str, Any] = {"type": "cosine", "start_lr": start, "stop_lr": 1e-5}
    else:
        rate = {"type": "exp", "start_lr": 0.01, "stop_lr": 1e-6}
    return {"learning_rate": rate, "optimizer": {"type": "Adam", "adam_beta2": 0.95}}


def default_loss() -> dict[str, Any]:
    """Prefactors of the loss: forces first, energy and virial gaining weight as the learning rate falls."""
    return {
        "type": "ener",
        "start_pref_e": 0.02,
        "limit_pref_e": 1.0,
        "start_pref_f": 1000.0,
        "limit_pref_f": 1.0,
        "start_pref_v": 0.001,
        "limit_pref_v": 0.02,
    }


def complete_input(
    parameters: dict[str, Any],
    systems: Sequence[str],
    seed: int,
    sel: Sequence[int],
    validation: Sequence[str] = (),
    n_validation: int = 0,
    folder: str = "",
) -> dict[str, Any]:
    """Return the whole input.json: parameters plus data paths, seeds, ``sel`` and frequencies.

    :param parameters: as of :func:`training_input`; not changed.
    :param systems: folders of the systems, relative to the job's.
    :param seed: the one seed from which those of descriptor, fitting net and batches are derived.
    :param sel: neighbours kept of each element.
    :param validation: folders of systems whose error is followed in the learning curve, but never learned.
    :param n_validation: frames in these.
    :param folder: where learning curve and checkpoints go, relative to the job's; empty for the job's own.
    """
    complete = copy.deepcopy(parameters)
    seeds = derive_seeds(seed)
    complete["model"]["descriptor"] |= {"sel": [int(number) for number in sel], "seed": seeds["descriptor"]}
    complete["model"]["fitting_net"] |= {"seed": seeds["fitting_net"]}
    training = complete["training"]
    steps = int(training["numb_steps"])
    training["training_data"] = {"systems": list(systems), "batch_size": training.pop("batch_size", 1)}
    training["seed"] = seeds["training"]
    if validation:
        frames = {"batch_size": 1, "numb_btch": min(n_validation, VALIDATED_FRAMES)}
        training["validation_data"] = {"systems": list(validation), **frames}
    training.setdefault("disp_file", f"{folder}/lcurve.out" if folder else "lcurve.out")
    training.setdefault("disp_freq", max(1, steps // (VALIDATED_STEPS if validation else DISPLAYED_STEPS)))
    # DeePMD-kit saves only where it also displays
    often = training["disp_freq"] * (CHECKPOINT_ROWS if validation else round(CHECKPOINT_EVERY / training["disp_freq"]))
    training.setdefault("save_freq", max(often, training["disp_freq"]))
    training.setdefault("save_ckpt", f"{folder}/model.ckpt" if folder else "model.ckpt")
    training.setdefault("max_ckpt_keep", 1)
    return complete


def derive_seeds(seed: int) -> dict[str, int]:
    """Return independent seeds of the parts of a training, derived from one (numpy's SeedSequence)."""
    state = np.random.SeedSequence(seed).generate_state(3) >> 1  # TensorFlow wants 31 bits
    return dict(zip(("descriptor", "fitting_net", "training"), map(int, state), strict=True))


def suggest_sel(counts: ArrayLike, margin: float = SEL_MARGIN) -> list[int]:
    """Return ``sel`` from the neighbours counted in the data.

    :param counts: largest number of neighbours of each element, shape (N, elements) or (elements,).
    :param margin: factor on the largest count; at least two more are always kept.
    """
    most = np.atleast_2d(np.asarray(counts)).max(axis=0)
    return [int(max(np.ceil(margin * number), number + 2)) for number in most]


def refused_by_deepmd(complete: dict[str, Any]) -> str | None:
    """Return the complaint of DeePMD-kit's own argument check; None if it has none or is not installed here."""
    fault = complaint(complete)
    return f"{'/'.join(fault.path) or 'input.json'}: {fault.found}" if fault else None
