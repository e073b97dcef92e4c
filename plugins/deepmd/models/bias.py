"""The energy bias of each element of a frozen model, refitted to the data of a warm start (no AiiDA).

``dp train --init-frz-model`` takes the bias from the frozen model and never looks at it again: it is not trainable, and
statistics of the data are skipped. A composition that the model has not seen is then off by what its mean energy
differs from the sum of the old biases, often eV per atom, and the net bends itself and its forces to make up for it.
DeePMD-kit 3.2 has no remedy for these models: ``--finetune`` is for attention descriptors, ``change-bias`` for
checkpoints. The bias is one constant of the graph, so that it is replaced in the file before the training.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from aiida_zif.plugins.deepmd.data.dataset import Labelled
from aiida_zif.plugins.deepmd.models.frozen import constant_content

BIAS_NODE = b"fitting_attr/t_bias_atom_e"
KNOWN = 0.5
"""eV/atom; a composition whose mean energy the bias gives to within this is known to the model, and what is left is
the net's to explain: it grows with the temperature of the frames."""

RCOND = 1e-3
"""Relative size of singular values that count as zero, DeePMD-kit's own."""


def read_bias(content: bytes) -> np.ndarray | None:
    """Return the energy bias in eV by type, shape (types,); None where the model does not hold it as doubles."""
    stored = constant_content(content, BIAS_NODE)
    return np.frombuffer(stored[1], dtype="<f8") if stored and stored[1] and len(stored[1]) % 8 == 0 else None


def with_bias(content: bytes, bias: np.ndarray) -> bytes:
    """Return the bytes of a frozen model with another bias.

    :param content: of the model; it must be one of which :func:`read_bias` knows the bias.
    :param bias: eV, shape (types,).
    """
    stored = constant_content(content, BIAS_NODE)
    if not stored or len(stored[1]) != 8 * len(bias):
        raise ValueError(f"the model does not hold the bias of {len(bias)} types")
    node, old = stored
    return content.replace(node, node.replace(old, np.asarray(bias, dtype="<f8").tobytes(), 1), 1)


def refitted_bias(bias: np.ndarray, type_map: Sequence[str], blocks: Iterable[Labelled]) -> np.ndarray:
    """Return the bias that gives unknown compositions their mean energy and leaves known ones as they are.

    The change is the smallest that does so (minimum-norm least squares).

    :param bias: eV by type, shape (types,).
    :param type_map: elements in the order of the types.
    :param blocks: all data of the training.
    """
    energies: dict[tuple[int, ...], list[np.ndarray]] = {}
    for block in blocks:
        composition = tuple(list(block.symbols).count(element) for element in type_map)
        energies.setdefault(composition, []).append(np.asarray(block.energies))
    compositions = np.array(sorted(energies), dtype=float)
    # sorted, so that the last digit does not tell how the frames were cut into blocks
    means = np.array([np.sort(np.concatenate(energies[key])).mean() for key in sorted(energies)])
    missing = means - compositions @ bias
    missing[np.abs(missing) < KNOWN * compositions.sum(axis=1)] = 0.0
    return bias + np.linalg.lstsq(compositions, missing, rcond=RCOND)[0]
