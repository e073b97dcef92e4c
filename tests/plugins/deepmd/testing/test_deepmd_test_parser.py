"""The parser of a test: numbers by block, model and frame, and the exit code of everything that goes wrong."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from deepmd_toy import FIXTURES

Factory = Callable[..., Any]


@pytest.fixture
def parse(
    generate_job_node: Factory, small_blocks: dict[str, Any], generate_potential: Factory, tmp_path: Path
) -> Factory:
    """Parse the stored outputs of a test after a change to the temporary folder."""

    def run(
        case: str = "test_ok",
        models: tuple[str, ...] = ("m0", "m1"),
        change: Callable[[Path], object] | None = None,
        scheduler_exit: int | None = None,
        logs: bool = True,
    ) -> Any:
        from aiida.plugins import ParserFactory

        temporary = tmp_path / "retrieved"
        details = FIXTURES / case / "details"
        shutil.copytree(details, temporary) if details.is_dir() else temporary.mkdir()
        if change is not None:
            change(temporary)
        node = generate_job_node(
            "zif.deepmd.test",
            {"committee": {label: generate_potential() for label in models}, "blocks": small_blocks},
            {path.name: path.read_bytes() for path in (FIXTURES / case).glob("*.log") if logs},
            {},
        )
        if scheduler_exit is not None:
            node.set_exit_status(scheduler_exit)
        return ParserFactory("zif.deepmd.test").parse_from_node(
            node, store_provenance=False, retrieved_temporary_folder=str(temporary)
        )

    return run


def test_errors_come_by_block_and_model(parse: Factory) -> None:
    results, node = parse()
    assert node.is_finished_ok, node.exit_message
    numbers = results["output_parameters"].get_dict()
    assert numbers.pop("schema") == 1
    assert set(numbers) == {"a", "b"}
    assert numbers["a"]["n_frames"] == 2
    assert set(numbers["b"]["models"]) == {"m0", "m1"}
    assert "virial_rmse_meV_per_atom" in numbers["b"]["models"]["m0"]
    assert "virial_rmse_meV_per_atom" not in numbers["a"]["models"]["m0"]
    forces = [numbers["b"]["models"][label]["force_rmse_eV_per_A"] for label in ("m0", "m1")]
    assert forces[0] != forces[1]
    assert numbers["b"]["force_rmse_eV_per_A"] == pytest.approx(np.mean(forces))


def test_errors_of_frames_add_up_to_those_of_their_block(parse: Factory) -> None:
    results, _ = parse()
    array, numbers = results["errors"], results["output_parameters"].get_dict()
    of_frames = array.get_array("b__force_rmse")
    assert of_frames.shape == (2, 3)
    assert np.sqrt(np.mean(of_frames[1] ** 2)) == pytest.approx(numbers["b"]["models"]["m1"]["force_rmse_eV_per_A"])


def test_deviation_of_two_models_is_half_their_largest_difference(parse: Factory) -> None:
    results, _ = parse()
    tables = [np.loadtxt(FIXTURES / "test_ok" / "details" / f"{label}.f.out")[:48, 3:] for label in ("m0", "m1")]
    by_hand = np.linalg.norm(tables[0] - tables[1], axis=1).reshape(2, 24).max(axis=1) / 2
    assert results["errors"].get_array("a__max_force_deviation") == pytest.approx(by_hand)


@pytest.mark.parametrize(
    ("case", "status", "words"),
    [("test_bad_model", 302, "Model m0 cannot be read"), ("test_type_map", 304, "Elements ['O'] are not present")],
)
def test_failure_has_an_exit_code_of_its_own(parse: Factory, case: str, status: int, words: str) -> None:
    results, node = parse(case, ("m0",))
    assert node.exit_status == status
    assert words in node.exit_message
    assert not results


def test_missing_model_in_a_committee_is_named(parse: Factory) -> None:
    _, node = parse(change=lambda details: (details / "m1.f.out").unlink())
    assert node.exit_status == 400
    assert "model m1" in node.exit_message


def test_nothing_written_is_no_output(parse: Factory) -> None:
    _, node = parse(change=shutil.rmtree, logs=False)
    assert node.exit_status == 300


def test_forces_of_other_frames_are_not_taken(parse: Factory) -> None:
    def shuffle(details: Path) -> None:
        lines = (details / "m0.f.out").read_text().splitlines()
        (details / "m0.f.out").write_text("\n".join([lines[0], *lines[25:49], *lines[1:25], *lines[49:]]) + "\n")

    _, node = parse(change=shuffle)
    assert node.exit_status == 304
    assert "block a" in node.exit_message


def test_forces_that_are_not_finite_are_the_models_fault(parse: Factory) -> None:
    def spoil(details: Path) -> None:
        table = np.loadtxt(details / "m1.f.out")
        table[60, 3:] = np.nan
        np.savetxt(details / "m1.f.out", table)

    _, node = parse(change=spoil)
    assert node.exit_status == 510
    assert "Model m1" in node.exit_message
    assert "block b" in node.exit_message


def test_scheduler_knows_why_a_test_was_cut_short(parse: Factory) -> None:
    _, node = parse(change=lambda details: (details / "m1.f.out").unlink(), scheduler_exit=120)
    assert node.exit_status == 120


def test_parser_never_raises(parse: Factory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aiida_zif.plugins.deepmd.testing.parser.summarise", lambda *args: 1 / 0)
    _, node = parse()
    assert node.exit_status == 310
