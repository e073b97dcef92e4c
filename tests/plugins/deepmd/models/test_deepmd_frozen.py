"""What a frozen model says of itself, read without TensorFlow."""

from __future__ import annotations

import pytest
from deepmd_toy import FIXTURES

from aiida_zif.plugins.deepmd.models.frozen import read_frozen

CONTENT = (FIXTURES / "train_ok" / "model.pb").read_bytes()


def test_elements_radius_and_neighbours_are_read() -> None:
    model = read_frozen(CONTENT)
    assert model.type_map == ["H", "Zn"]
    assert model.rcut == 5.0
    assert model.sel == [20, 20]
    assert model.training_input["training"]["numb_steps"] == 40


@pytest.mark.parametrize("content", [b"", b"no model at all", CONTENT[:5000], CONTENT[:-300]])
def test_anything_else_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="not a frozen"):
        read_frozen(content)
