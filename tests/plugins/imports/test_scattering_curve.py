"""Measured curves are read as their files state them, and what is no curve is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from aiida_zif.plugins.data.labelled_frame import FormatError
from aiida_zif.plugins.imports.scattering_curve import read_curve

ROWS = "\n".join(f"   {0.6 + 0.025 * index:.7E} -0.5 {0.0 if index == 2 else 0.01:.3f}" for index in range(12))


def test_comments_are_left_out_and_an_error_of_zero_is_none(tmp_path: Path) -> None:
    (tmp_path / "a.int01").write_text(f"# title of the run\n#\n#  0.1E+02\n{ROWS}\n")
    curve = read_curve(tmp_path / "a.int01")
    assert curve.title == "title of the run"
    assert curve.x[:2] == pytest.approx([0.6, 0.625])
    assert np.isnan(curve.error).tolist() == [index == 2 for index in range(12)]


def test_two_columns_have_no_errors(tmp_path: Path) -> None:
    (tmp_path / "a.dat").write_text("\n".join(f"{index},{index * 2}" for index in range(10)))
    assert np.isnan(read_curve(tmp_path / "a.dat").error).all()


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("1 2 3 4\n" * 12, r"\[4\] columns"),
        ("1 2\n2 3\n", "2 rows"),
        ("\n".join(f"{index} x" for index in range(12)), "words"),
        ("\n".join(f"{index % 5} 1" for index in range(12)), "does not increase"),
        ("\n".join(f"{index} nan" for index in range(12)), "no number"),
    ],
)
def test_what_is_no_curve_is_refused(tmp_path: Path, text: str, word: str) -> None:
    (tmp_path / "a.dat").write_text(text)
    with pytest.raises(FormatError, match=word):
        read_curve(tmp_path / "a.dat")
