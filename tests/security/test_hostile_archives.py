"""Nodes of somebody else's archive, and backups of somebody else: what their names could do outside of the database."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

LEVEL = {"hash": "0123456789abcdef", "line": "a level"}


@pytest.fixture
def block(aiida_profile: object) -> Callable[[str], Any]:
    """Factory of blocks as an archive may bring them: their attributes are whatever their author wrote."""
    from aiida_zif.plugins.data.frames import LabelledFramesData

    def make(symbol: str) -> Any:
        zeros = np.zeros((1, 2, 3))
        node = LabelledFramesData(
            ["H", "Zn"], zeros, [np.eye(3)], energies=[0.0], forces=zeros, level_of_theory=LEVEL, system="../../x"
        )
        node.base.attributes.set("symbols", [symbol, "Zn"])
        return node.store()

    return make


@pytest.mark.parametrize("symbol", ["../../x", "/tmp/x", "a\nb", "", "\x1b[31m", "-rf", ".."])
@pytest.mark.parametrize("kind", ["deepmd", "extxyz"])
def test_an_element_of_an_archive_becomes_no_path(
    block: Callable[[str], Any], tmp_path: Path, symbol: str, kind: str
) -> None:
    from aiida_zif.provenance.export.export import ExportError, export_to

    with pytest.raises(ExportError, match="letters, digits"):
        export_to([block(symbol)], kind, tmp_path / "a" / "b")
    assert not list(tmp_path.rglob("*"))


def test_a_system_label_of_an_archive_stays_inside_the_frame(block: Callable[[str], Any], tmp_path: Path) -> None:
    from ase.io import read

    from aiida_zif.provenance.export.export import export_to

    export_to([block("H")], "extxyz", tmp_path / "a" / "b")
    assert read(tmp_path / "a" / "b" / "training.extxyz").info["system"] == "../../x"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize("make", [lambda path: path.symlink_to("/etc/passwd"), os.mkfifo], ids=["link", "pipe"])
def test_a_backup_with_links_or_pipes_is_not_restored(
    aiida_profile: object, tmp_path: Path, make: Callable[[Path], None]
) -> None:
    from aiida_zif.setup.backup.errors import BackupError
    from aiida_zif.setup.backup.restore import restore_backup

    (tmp_path / "storage" / "container").mkdir(parents=True)
    (tmp_path / "backup.json").write_text(json.dumps({"storage_backend": "core.sqlite_dos", "profile": "mine"}))
    make(tmp_path / "storage" / "container" / "config.json")
    with pytest.raises(BackupError, match="neither a folder nor a file"):
        restore_backup(tmp_path, "theirs")


def test_a_figure_of_the_report_says_a_name_and_does_not_run_it() -> None:
    from aiida_zif.plugins.selection.calibration import fit
    from aiida_zif.provenance.report.campaign.reliability_figure import reliability_figure

    deviation = np.linspace(0.1, 1.0, 30)
    curve = fit(deviation, deviation * np.random.default_rng(0).uniform(0.8, 1.2, 30), seed=0)
    assert curve is not None
    assert "<script" not in reliability_figure(curve, [], "<script>alert(1)</script>")
