"""The verbs that take a campaign take a study: check, run, watch, status, resume, schema."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from plumpy import ProcessState

Invoke = Callable[..., Any]
File = Callable[..., Path]
Factory = Callable[..., Any]

pytestmark = pytest.mark.usefixtures("aiida_profile")

STUDY = """name: NAME
protocol: demo
seed: 3
force_field: {committee: [PKS]}
systems:
  zinc: {structure: zinc.extxyz}
melt_quench: {rates: [1000 K/ps], replicas: 2}
structure:
"""
STRUCTURE = """6
Lattice="11 0 0 0 11 0 0 0 11" Properties=species:S:1:pos:R:3 pbc="T T T"
Zn 2.0 2 2
Zn 7.0 7 7
H  3.6 2 2
H  0.4 2 2
H  8.6 7 7
H  5.4 7 7
"""


@pytest.fixture
def models() -> list[Any]:
    """Two models of hydrogen and zinc in the profile."""
    from aiida_zif.plugins.data.potential import DeepPotentialData

    named = {"type_map": ["H", "Zn"], "rcut": 5.0, "model_backend": "tensorflow", "deepmd_version": "3"}
    contents = (b"one", b"two")
    return [DeepPotentialData(BytesIO(content), filename="model.pb", **named).store() for content in contents]


@pytest.fixture
def study_file(tmp_path: Path, models: list[Any]) -> File:
    """Factory of study files; lines may be replaced. The name is one that no other test uses."""

    def write(old: str = "", new: str = "") -> Path:
        (tmp_path / "zinc.extxyz").write_text(STRUCTURE)
        text = STUDY.replace("NAME", tmp_path.name).replace("PKS", ", ".join(str(model.pk) for model in models))
        assert old in text
        path = tmp_path / "study.yaml"
        path.write_text(text.replace(old, new) if old else text + new)
        return path

    return write


@pytest.fixture
def no_daemon(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Take the daemon's place; returns what was asked of it."""
    calls: list[str] = []

    def ensure_daemon(n_workers: int = 2) -> str:
        calls.append("start")
        return "The daemon works."

    monkeypatch.setattr("aiida_zif.setup.daemon.daemon.ensure_daemon", ensure_daemon)
    monkeypatch.setattr("aiida.engine.submit", lambda builder: pytest.fail("a study was submitted"))
    return calls


@pytest.fixture
def earlier() -> Factory:
    """Factory of studies that are in the profile already, of a file's settings but for those given."""

    def store(path: Path, exit_status: int | None = None, **settings: Any) -> Any:
        from aiida import orm
        from aiida.common.links import LinkType

        from aiida_zif.workflows.study.file.loading import load_study
        from aiida_zif.workflows.study.force_field.finding import find_force_field, models_of
        from aiida_zif.workflows.study.names import ENTRY_POINT

        study = load_study(path, find=find_force_field)
        assert study.known is not None
        node = orm.WorkChainNode(process_type=ENTRY_POINT, label=study.name)
        given = {"settings": orm.Dict({**study.settings().as_dict(), **settings})}
        given |= {f"systems__{name}": orm.StructureData(ase=atoms) for name, atoms in study.structures().items()}
        given |= {f"committee__{label}": model for label, model in models_of(study.known).items()}
        for label, data in given.items():
            node.base.links.add_incoming(data.store(), LinkType.INPUT_WORK, label)
        node.set_process_state(ProcessState.WAITING if exit_status is None else ProcessState.FINISHED)
        if exit_status is not None:
            node.set_exit_status(exit_status)
        return node.store()

    return store


def test_check_prints_what_would_run_and_stores_nothing(
    invoke: Invoke, study_file: File, count_nodes: Callable[[], int]
) -> None:
    path, before = study_file(), count_nodes()
    result = invoke("check", path)
    assert result.exit_code == 0, result.output
    assert "2 × melt" in result.stdout
    assert "2 × quench at 1000 K/ps" in result.stdout
    assert "no glass" in result.stdout
    assert "Cost: not measured on" in result.stdout
    assert "Nothing was stored" in result.stdout
    assert count_nodes() == before


def test_check_prints_the_same_as_json(invoke: Invoke, study_file: File) -> None:
    found = json.loads(invoke("check", study_file(), "--json").stdout)
    assert [run["runs"] for run in found["plan"]] == [2, 2]
    assert found["melt_quench"]["rates"] == [1000.0]
    assert any("1 rate; the rate dependence" in note for note in found["notes"])
    assert found["cost"]["total"]["partial"] is True


@pytest.mark.parametrize("command", [("check",), ("run",), ("run", "--submit"), ("run", "--foreground")])
def test_a_wrong_study_is_refused_with_everything_at_once_and_nothing_is_stored(
    invoke: Invoke, study_file: File, count_nodes: Callable[[], int], no_daemon: list[str], command: tuple[str, ...]
) -> None:
    path = study_file("rates: [1000 K/ps], replicas: 2", "rates: [0 K/ps], replicas: 0")
    before = count_nodes()
    result = invoke(command[0], path, *command[1:])
    assert result.exit_code == 2
    assert "study.yaml:7: melt_quench.rates[0]" in result.stderr
    assert "melt_quench.replicas" in result.stderr
    assert "2 problems, nothing was stored or started." in result.stderr
    assert count_nodes() == before
    assert no_daemon == []


@pytest.mark.parametrize("command", ["check", "run"])
def test_a_force_field_that_is_not_there_is_refused_with_its_line(
    invoke: Invoke, study_file: File, no_daemon: list[str], models: list[Any], command: str
) -> None:
    path = study_file(f"{{committee: [{models[0].pk}, {models[1].pk}]}}", "{campaign: zinc-that-is-not}")
    result = invoke(command, path)
    assert result.exit_code == 2
    assert "study.yaml:4: force_field.campaign" in result.stderr
    assert "which the profile does not hold" in result.stderr


def test_a_file_of_both_kinds_is_refused(invoke: Invoke, study_file: File) -> None:
    result = invoke("check", study_file(new="training: {models: 2}\n"))
    assert result.exit_code == 2
    assert "keys of a study (force_field, melt_quench, structure) and of a campaign (training)" in result.stderr


def test_labels_are_no_matter_of_a_study(invoke: Invoke, study_file: File) -> None:
    result = invoke("run", study_file(), "--no-reuse")
    assert result.exit_code == 2
    assert "a study has none" in result.stderr


def test_a_missing_code_is_named_before_anything_starts(
    invoke: Invoke, study_file: File, no_daemon: list[str], count_nodes: Callable[[], int]
) -> None:
    path, before = study_file("seed: 3", "seed: 3\ncodes: {lmp: lmp-of-nobody@nowhere}"), count_nodes()
    result = invoke("run", path, "--submit")
    assert result.exit_code == 2
    assert "lmp-of-nobody@nowhere" in result.stderr
    assert count_nodes() == before
    assert no_daemon == []


def test_more_cores_than_the_machine_has_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from aiida_zif.workflows.study.checks.machine import core_problems
    from aiida_zif.workflows.study.schema.resources import MdStage

    md = MdStage.model_validate({"ranks": 2, "threads": 2, "walltime": "1 h", "concurrent": 3})
    (problem,) = core_problems(md, 8)
    assert problem.found == "12 cores at once (2 ranks × 2 threads × 3 jobs)"
    assert "concurrent: 8" in problem.fix
    assert list(core_problems(md, 12)) == []


def test_a_study_that_runs_is_gone_on_with(
    invoke: Invoke, study_file: File, earlier: Factory, no_daemon: list[str]
) -> None:
    path = study_file()
    node = earlier(path)
    result = invoke("run", path, "--submit")
    assert result.exit_code == 0, result.output
    assert f"Continuing study {path.parent.name} <{node.pk}>, started" in result.stdout
    assert no_daemon == ["start"]


def test_a_study_that_is_finished_is_found_again(
    invoke: Invoke, study_file: File, earlier: Factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = study_file()
    node = earlier(path, exit_status=0)
    monkeypatch.setattr("aiida_zif.cli.files.run.conclude", lambda node, directory: None)
    result = invoke("run", path)
    assert result.exit_code == 0
    assert f"Study {path.parent.name} <{node.pk}> is finished already; --fresh starts a new one." in result.stdout


@pytest.mark.parametrize(
    ("written", "names"),
    [
        (("replicas: 2", "replicas: 3"), "melt_quench.replicas: 2 then, 3 now"),
        (("seed: 3", "seed: 4"), "seed: 3 then, 4 now"),
        (
            ("structure:\n", "structure: {of: [glass]}\n"),
            'structure.of: ["crystal", "melt", "glass"] then, ["glass"] now',
        ),
        (("structure:\n", ""), "structure"),
    ],
)
@pytest.mark.parametrize("exit_status", [None, 0], ids=["running", "finished"])
def test_a_key_that_can_change_the_outcome_makes_another_study_and_is_named(
    invoke: Invoke, study_file: File, earlier: Factory, no_daemon: list[str], written: tuple[str, str], names: str,
    exit_status: int | None,
) -> None:  # fmt: skip
    earlier(study_file(), exit_status)
    result = invoke("run", study_file(*written), "--submit")
    said = result.stdout if exit_status == 0 else result.stderr
    assert names in said
    assert "finished already" not in result.stdout


def test_other_models_make_another_study(invoke: Invoke, study_file: File, earlier: Factory, models: list[Any]) -> None:
    earlier(study_file(), 0)
    result = invoke("run", study_file(f"[{models[0].pk}, {models[1].pk}]", f"[{models[1].pk}, {models[0].pk}]"))
    assert "force_field: 2 models then, 2 others now" in result.stdout


@pytest.mark.parametrize(
    "written",
    [("zinc.extxyz", "moved.extxyz"), ("seed: 3", "seed: 3\nresources: {md: {walltime: 2 h}}"),
     ("structure: zinc.extxyz", "structure: zinc.extxyz, licence: CC0")],
)  # fmt: skip
def test_what_cannot_change_the_outcome_finds_the_study_again(
    invoke: Invoke, study_file: File, earlier: Factory, written: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = study_file()
    earlier(path, 0)
    path.with_name("moved.extxyz").write_text(STRUCTURE)
    monkeypatch.setattr("aiida_zif.cli.files.run.conclude", lambda node, directory: None)
    assert "finished already" in invoke("run", study_file(*written)).stdout


def test_a_committee_may_be_named_in_another_way(
    invoke: Invoke, study_file: File, earlier: Factory, models: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    earlier(study_file(), 0)
    monkeypatch.setattr("aiida_zif.cli.files.run.conclude", lambda node, directory: None)
    by_uuid = study_file(f"[{models[0].pk}, {models[1].pk}]", f"[{models[0].uuid}, {models[1].uuid}]")
    assert "finished already" in invoke("run", by_uuid).stdout


def test_a_study_that_failed_is_begun_again(
    invoke: Invoke, study_file: File, earlier: Factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = study_file()
    earlier(path, exit_status=310)
    monkeypatch.setattr("aiida_zif.cli.files.run.hand_over", lambda work, node: type("Node", (), {"pk": node}))
    assert "aiida-zif watch None" in invoke("run", path, "--submit").stdout


def test_status_lists_studies_beside_campaigns(invoke: Invoke, study_file: File, earlier: Factory) -> None:
    node = earlier(study_file(), 0)
    rows = json.loads(invoke("status", "--all", "--json").stdout)
    (row,) = [row for row in rows if row["pk"] == node.pk]
    assert (row["kind"], row["name"], row["system"], row["state"]) == ("study", node.label, "zinc", "finished")
    assert node.label in invoke("status", "--all").stdout


def test_resume_names_studies_that_go_on(
    invoke: Invoke, study_file: File, earlier: Factory, no_daemon: list[str]
) -> None:
    node = earlier(study_file())
    result = invoke("resume")
    assert result.exit_code == 0, result.output
    assert f"Study {node.label} <{node.pk}> continues: between two steps." in result.stdout
    assert str(node.pk) in json.loads(invoke("resume", "--json").stdout)["studies"]


def test_ctrl_c_leaves_a_study_running(
    invoke: Invoke, study_file: File, earlier: Factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    from aiida_zif.cli.files import watching

    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(watching.time, "sleep", interrupt)
    node = earlier(study_file())
    result = invoke("watch", str(node.pk))
    assert result.exit_code == 130
    assert "between two steps" in result.stdout
    assert f"aiida-zif watch {node.pk}" in result.stdout


@pytest.mark.parametrize(("arguments", "title"), [((), "campaign"), (("campaign",), "campaign"), (("study",), "study")])
def test_the_schema_of_both_kinds_is_printed(invoke: Invoke, arguments: tuple[str, ...], title: str) -> None:
    assert json.loads(invoke("schema", *arguments).stdout)["title"] == f"aiida-zif {title}"
