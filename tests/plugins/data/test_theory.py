"""Blocks whose energies cannot be compared are found, and only those."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from aiida_zif.plugins.data.theory import method_of, mixture

A, B = "0" * 16, "1" * 16


def block(level_hash: str, symbols: str = "HHO") -> SimpleNamespace:
    """What a mixture looks at."""
    return SimpleNamespace(level_of_theory={"hash": level_hash, "line": f"level {level_hash}"}, symbols=list(symbols))


def test_the_method_is_what_stands_before_charge_and_spin() -> None:
    assert method_of(A) == method_of(f"{A}-q0m4") == method_of(f"{A}-q-1m2") == A


@pytest.mark.parametrize(
    ("first", "second", "mixed"),
    [
        (block(A), block(A), False),
        (block(A), block(B), True),
        (block(A), block(f"{B}-q0m3"), True),
        (block(A), block(f"{A}-q0m3", "CoO"), False),
        (block(f"{A}-q0m4", "CoCo"), block(f"{A}-q0m7", "CoCoO"), False),
        (block(A, "HHO"), block(f"{A}-q0m3", "HOH"), True),
        (block(f"{A}-q1m1"), block(f"{A}-q-1m1"), True),
    ],
)
def test_methods_never_mix_and_states_of_one_composition_neither(
    first: SimpleNamespace, second: SimpleNamespace, mixed: bool
) -> None:
    found = mixture({"first": first, "second": second})  # type: ignore[dict-item]
    assert bool(found) is mixed
    if mixed:
        assert any("first" in text for text in found)
        assert any("second" in text for text in found)
