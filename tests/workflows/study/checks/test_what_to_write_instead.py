"""What a message says to write instead can be written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

HEAD = "name: a\nforce_field: zif4\nsystems: {zif4: {structure: zif-4}}\n"


@pytest.mark.parametrize(
    ("line", "field", "fix"),
    [
        ("melt_quench: {rates: [20, 50] K/ps}", "", "[1 K/ps, 2 K/ps]"),
        ("melt_quench: {rates: 20 K/ps}", "melt_quench.rates", "[20 K/ps]"),
        ("melt_quench: {rates: [10 K/ps, 10.0000001 K/ps]}", "melt_quench.rates", "remove the second one"),
        ("melt_quench: {replicas: 0}", "melt_quench.replicas", "of at least 1"),
        ("melt_quench: {glass_temperature: 2000 K}", "melt_quench.melt_temperature", "lower glass_temperature"),
        ("melt_quench: {hold: 0.1 fs}", "melt_quench.hold", "take at least 0.25 ps"),
        ("melt_quench: {supercell: 2}", "melt_quench.supercell", "twice as thick as the cut-off"),
        ("states: {sampling: 1 fs}", "states.sampling", "take at least 10 fs"),
        ("states: {replicas: 1000000}", "states.replicas", "of at most 1000"),
        ("melt_quench:\nstructure: {pairs: {r_max: 2 Å, bin: 1 Å}}", "structure.pairs.bin", "0.004 Å"),
        ("melt_quench:\nstructure: {scattering: {q_step: 1e-6 Å^-1}}", "structure.scattering.q_step", "0.05 Å^-1"),
        ("melt_quench:\ncodes: {lmp: lmp}", "codes.lmp", "label@computer"),
        ("melt_quench:\nstructur:", "structur", "did you mean 'structure'?"),
        ("melt_quench:\nmechanics:", "mechanics", "remove it"),
    ],
)
def test_a_wrong_line_is_refused_with_what_to_write(
    refused_file: Callable[[str], list[Any]], line: str, field: str, fix: str
) -> None:
    (problem,) = refused_file(f"{HEAD}{line}\n")
    assert problem.field == field
    assert problem.line is not None
    assert fix in problem.fix
