"""PLUMED inputs are read with the campaign, so that it needs their files no more."""

from __future__ import annotations

from pathlib import Path

import pytest

from aiida_zif.cli.campaign.plumed import installed_packages
from aiida_zif.workflows.campaign.loading import CampaignError, load_campaign

FILE = """
name: biased
protocol: demo
systems:
  plain: {structure: salem-2}
  own: {structure: salem-2, exploration: {plumed: sub/own.dat}}
exploration: {plumed: common.dat}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "campaign.yaml").write_text(FILE)
    (tmp_path / "common.dat").write_text("d: DISTANCE ATOMS=1,2")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "own.dat").write_text("PRINT STRIDE=1\n")
    return tmp_path


def test_every_system_has_the_content_of_its_own_file(folder: Path) -> None:
    campaign = load_campaign(folder / "campaign.yaml")
    contents = {name: campaign.for_system(name).exploration.plumed for name in campaign.systems}
    assert contents == {"plain": "d: DISTANCE ATOMS=1,2\n", "own": "PRINT STRIDE=1\n"}


@pytest.mark.parametrize(
    ("file", "content", "found"),
    [
        ("common.dat", None, r"(?s)exploration\.plumed.*no file"),
        ("sub/own.dat", None, r"(?s)systems\.own\.exploration\.plumed.*no file"),
        ("common.dat", b"\xff\xfe", r"(?s)exploration\.plumed.*no text"),
    ],
)
def test_file_that_cannot_be_read_is_named(folder: Path, file: str, content: bytes | None, found: str) -> None:
    (folder / file).unlink()
    if content is not None:
        (folder / file).write_bytes(content)
    with pytest.raises(CampaignError, match=found):
        load_campaign(folder / "campaign.yaml")


def test_packages_are_read_from_what_lammps_says() -> None:
    answer = "Installed packages:\n\nMANYBODY ML-SNAP \nPLUMED\n\nList of individual style options included in this"
    assert installed_packages(answer) == {"MANYBODY", "ML-SNAP", "PLUMED"}
    assert installed_packages("no such thing") == set()
