"""`check` tells what a campaign costs, from what finished jobs of the profile took."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Invoke = Callable[..., Any]
File = Callable[..., Path]

FORMULA = "H4Zn2"


@pytest.fixture
def measured(aiida_profile: object, tmp_path: Path) -> Callable[..., Path]:
    """Factory: a finished labelling job on a computer of this test only; changes the campaign to run there."""
    from aiida import orm
    from aiida.common.links import LinkType

    from aiida_zif.plugins.cp2k.levels import load_level

    name = f"measured-{tmp_path.name}"
    computer = orm.Computer(name, "localhost", "", "core.local", "core.direct", str(tmp_path)).store()

    def store(path: Path, mode: str = "batch", first: float = 9.0, following: float = 4.0, **output: Any) -> Path:
        node = orm.CalcJobNode(computer=computer, process_type="aiida.calculations:zif.cp2k")
        node.set_option("resources", {"num_machines": 1, "num_mpiprocs_per_machine": 2, "num_cores_per_mpiproc": 1})
        node.store()
        times = {"first_frame_s": first, "seconds_per_frame": following, "n_evaluated": 5, "rung": None}
        about = {"mode": mode, "formula": FORMULA, "level": {"hash": load_level("gfn1-xtb").hash}}
        parameters = orm.Dict({**about, **times, **output})
        parameters.base.links.add_incoming(node, LinkType.CREATE, "output_parameters")
        parameters.store()
        text = path.read_text()
        if "codes:" not in text:
            path.write_text(text + f"codes: {{cp2k: cp2k@{name}}}\n")
        return path

    return store


def test_without_a_measurement_the_way_to_one_is_named(invoke: Invoke, campaign_file: File) -> None:
    result = invoke("check", campaign_file("", "codes: {cp2k: cp2k@nowhere}\n"))
    text = " ".join(result.stdout.split())
    assert result.exit_code == 0
    assert "Cost: not measured on nowhere; `aiida-zif check CAMPAIGN --time` times one frame." in text


def test_every_labelling_has_its_price_and_where_it_comes_from(
    invoke: Invoke, campaign_file: File, measured: Callable[..., Path]
) -> None:
    path = measured(measured(campaign_file()), mode="aimd", first=10.0, following=1.0)
    values = json.loads(invoke("check", path, "--json").stdout)
    cost = {item["work"]["stage"]: item for item in values["cost"]["items"]}
    assert cost["seed, perturbed"]["wall_s"] == 9.0 + 7 * 4.0
    assert cost["seed, AIMD 300 K"]["wall_s"] == 10.0 + 32 * 1.0  # the start is a frame, too
    assert cost["held out, AIMD 500 K"]["core_s"] == 2 * (10.0 + 40 * 1.0)
    assert cost["chosen in 2 cycles"]["wall_s"] == 2 * (9.0 + 11 * 4.0)
    assert values["cost"]["total"]["core_hours"] == pytest.approx(2 * (37 + 42 + 50 + 106) / 3600)
    assert values["seed"] == 3


def test_the_table_fits_a_hundred_columns_and_adds_up(
    invoke: Invoke, campaign_file: File, measured: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    text = invoke("check", measured(campaign_file())).stdout
    rows = [line for line in text.splitlines() if "  " in line]  # sentences are not broken for a pipe
    assert max(map(len, rows)) <= 100
    assert "seed, perturbed" in text
    assert "1 job" in text
    assert "total" in text
    assert "at most: of a single frame" in " ".join(text.split())


@pytest.fixture
def labelled_before(aiida_profile: object) -> Callable[[Path], None]:
    """Factory: the perturbed frames of a campaign have labels, which a job of another campaign left in the profile."""
    import numpy as np
    from aiida import orm
    from aiida.common.links import LinkType

    from aiida_zif.plugins.cp2k.levels import load_level
    from aiida_zif.plugins.data.frames import LabelledFramesData
    from aiida_zif.workflows.active_learning.imported.planned_frames import first_frames
    from aiida_zif.workflows.active_learning.planning.first_labels import label_tasks
    from aiida_zif.workflows.campaign.loading import load_campaign

    def store(path: Path) -> None:
        campaign = load_campaign(path)
        start, _ = label_tasks(campaign.settings(), "zinc")["seed_perturbed"]
        frames, level = first_frames(campaign.structures()["zinc"], start), load_level("gfn1-xtb")
        n, atoms = frames.positions.shape[:2]
        labels = {"energies": np.zeros(n), "forces": np.zeros((n, atoms, 3)), "virials": np.zeros((n, 3, 3))}
        theory = {"hash": level.hash, "line": level.line}
        block = LabelledFramesData(
            frames.symbols, frames.positions, frames.cells, "zinc", level_of_theory=theory, **labels
        )
        job = orm.CalcJobNode()
        job.set_process_label("Cp2kLabelCalculation")
        job.store()
        for name, node in {"labelled": block, "output_parameters": orm.Dict({"n_labelled": n})}.items():
            node.base.links.add_incoming(job, LinkType.CREATE, name)
            node.store()
        job.set_process_state("finished")

    return store


def test_labels_that_the_profile_holds_are_not_charged(
    invoke: Invoke, campaign_file: File, measured: Callable[..., Path], labelled_before: Callable[[Path], None]
) -> None:
    path = measured(campaign_file("seed: 3", "seed: 77"))
    labelled_before(path)
    cost = json.loads(invoke("check", path, "--json").stdout)["cost"]
    (perturbed,) = [item for item in cost["items"] if item["work"]["stage"] == "seed, perturbed"]
    assert (perturbed["work"]["count"], perturbed["work"]["held"], perturbed["core_s"]) == (0, 8, 0.0)
    assert "(+ 8 held)" in " ".join(invoke("check", path).stdout.split())


def test_a_campaign_that_computes_its_own_labels_is_charged_for_them(
    invoke: Invoke, campaign_file: File, measured: Callable[..., Path], labelled_before: Callable[[Path], None]
) -> None:
    path = measured(campaign_file("seed: 3", "seed: 78"))
    labelled_before(path)
    path.write_text(path.read_text() + "labelling: {reuse: false}\n")
    cost = json.loads(invoke("check", path, "--json").stdout)["cost"]
    (perturbed,) = [item for item in cost["items"] if item["work"]["stage"] == "seed, perturbed"]
    assert (perturbed["work"]["count"], perturbed["work"]["held"]) == (8, 0)


def test_a_total_that_lacks_an_item_says_so_and_names_it(
    invoke: Invoke, campaign_file: File, measured: Callable[..., Path]
) -> None:
    path = measured(campaign_file())
    text = " ".join(invoke("check", path).stdout.split())
    assert "partial total" in text
    assert "The total is partial. Not measured: all, train, 3 × 4 models; zinc, explore, 2 × 4 runs." in text
    assert json.loads(invoke("check", path, "--json").stdout)["cost"]["total"]["partial"] is True


def test_a_frame_longer_than_the_walltime_is_warned_of(
    invoke: Invoke, campaign_file: File, measured: Callable[..., Path]
) -> None:
    text = " ".join(invoke("check", measured(campaign_file(), first=7200.0)).stdout.split())
    assert "Note: zinc, seed, perturbed: the first frame alone takes" in text


def test_dynamics_longer_than_the_walltime_are_said_to_be_continued(
    invoke: Invoke, campaign_file: File, measured: Callable[..., Path]
) -> None:
    path = measured(campaign_file(), mode="aimd", first=10.0, following=600.0)
    text = " ".join(invoke("check", path).stdout.split())
    assert "zinc, seed, AIMD 300 K" in text
    assert "it is continued in" in text


def test_a_check_stores_nothing(
    invoke: Invoke, campaign_file: File, measured: Callable[..., Path], count_nodes: Callable[[], int]
) -> None:
    path = measured(campaign_file())
    before = count_nodes()
    assert invoke("check", path).exit_code == 0
    assert count_nodes() == before


def test_timing_without_the_code_says_which_is_missing(invoke: Invoke, campaign_file: File) -> None:
    result = invoke("check", campaign_file("", "codes: {cp2k: cp2k@nowhere}\n"), "--time")
    assert result.exit_code == 2
    assert "cp2k@nowhere" in result.stderr


@pytest.mark.parametrize("layout", ["quickest", "2x1"])
def test_a_layout_that_is_none_is_refused(invoke: Invoke, campaign_file: File, layout: str) -> None:
    result = invoke("check", campaign_file("", f"resources: {{label: {{layout: {layout}}}}}\n"))
    assert result.exit_code == 2
    assert "resources.label.layout" in result.stderr
    assert "fastest" in result.stderr
