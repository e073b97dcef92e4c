"""Errors frame by frame: stored under names of their block, read by block; so are those of earlier versions."""

from __future__ import annotations

import numpy as np
import pytest
from aiida import orm

from aiida_zif.plugins.data.record import RecordError
from aiida_zif.plugins.deepmd.testing.evaluation import Errors, Evaluation, block_evaluation
from aiida_zif.plugins.deepmd.testing.frame_errors import BlockErrors, errors_node, read_errors

RMSE, DEVIATION = np.array([[0.3, 0.1], [0.3, 0.7]]), np.array([0.2, 0.9])


def test_errors_come_back_as_they_were_stored() -> None:
    node = errors_node({"c00_zinc_held_out_0": BlockErrors(RMSE, DEVIATION)})
    found = read_errors(node)["c00_zinc_held_out_0"]
    assert found.force_rmse.tolist() == RMSE.tolist()
    assert found.max_force_deviation.tolist() == DEVIATION.tolist()
    assert found.of_a_member == pytest.approx([0.3, 0.5])


def test_errors_of_before_there_were_numbers_are_read_block_by_block() -> None:
    old = orm.ArrayData()
    for label in ("b", "a"):
        old.set_array(f"{label}__force_rmse", RMSE)
        old.set_array(f"{label}__max_force_deviation", DEVIATION)
    assert list(read_errors(old)) == ["a", "b"]


def test_errors_of_a_newer_version_are_refused() -> None:
    node = errors_node({})
    node.base.attributes.set("schema", 9)
    with pytest.raises(RecordError, match="found schema 9, allowed is up to 1; fix: update aiida-zif"):
        read_errors(node)


def test_a_report_has_its_blocks_by_label_and_the_means_of_their_members() -> None:
    models = {
        "m0": Errors(force_rmse_eV_per_A=0.1, energy_rmse_meV_per_atom=2.0),
        "m1": Errors(force_rmse_eV_per_A=0.3, energy_rmse_meV_per_atom=4.0),
    }
    report = Evaluation(blocks={"zinc": block_evaluation(5, models)})
    content = report.as_dict()
    assert content.pop("schema") == 1
    means = {"force_rmse_eV_per_A": pytest.approx(0.2), "energy_rmse_meV_per_atom": pytest.approx(3.0)}
    assert content == {"zinc": {"n_frames": 5, "models": {n: e.known() for n, e in models.items()}, **means}}
    assert Evaluation.from_dict(report.as_dict()) == report


def test_a_report_of_before_there_were_numbers_is_read() -> None:
    old = {"zinc": {"n_frames": 5, "models": {"m0": {"force_rmse_eV_per_A": 0.1, "energy_rmse_meV_per_atom": 2.0}}}}
    assert Evaluation.from_dict(old).blocks["zinc"].models["m0"].virial_rmse_meV_per_atom is None
