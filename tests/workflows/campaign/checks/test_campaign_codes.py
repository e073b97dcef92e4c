"""A campaign is refused where the profile lacks its codes, or a computer cannot do what is asked of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aiida import orm

from aiida_zif.workflows.campaign.checks.codes import code_problems
from aiida_zif.workflows.campaign.schema.resources import Resources

PLUGINS = {"cp2k": "zif.cp2k", "dp": "zif.deepmd.train", "lmp": "zif.lammps", "python": None}
STAGES: dict[str, dict[str, Any]] = {stage: {} for stage in ("label", "train", "explore", "test")}
Machine = Callable[..., dict[str, str]]


@pytest.fixture
def machine(aiida_profile: object, tmp_path: Path) -> Machine:
    """Factory of computers with the four codes of a campaign; returns their labels."""

    def make(name: str = "a", scheduler: str = "core.direct", configured: bool = True) -> dict[str, str]:
        label = f"{tmp_path.parent.name}-{tmp_path.name}-{name}"
        place = {"transport_type": "core.local", "scheduler_type": scheduler, "workdir": str(tmp_path)}
        computer = orm.Computer(label, "localhost", **place).store()
        if configured:
            computer.configure()
        for code, plugin in PLUGINS.items():
            orm.InstalledCode(computer, "/bin/true", label=code, default_calc_job_plugin=plugin).store()
        return {code: f"{code}@{label}" for code in PLUGINS}

    return make


def problems(labels: dict[str, str], **resources: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    """Field, found, allowed and fix of every problem."""
    found = code_problems(labels, Resources.from_dict(resources))
    return [(one.field, one.found, one.allowed, one.fix) for one in found]


def test_codes_that_fit_are_taken(machine: Machine) -> None:
    assert problems(machine(), label={"custom_scheduler_commands": "# note"}) == []


def test_a_misspelt_code_is_answered_with_those_of_its_kind(machine: Machine) -> None:
    labels = machine()
    computer = labels["dp"].split("@")[1]
    (problem,) = problems({**labels, "dp": f"dpp@{computer}"})
    assert problem[:2] == ("codes.dp", f"dpp@{computer}, which is not in the profile")
    assert f"cp2k@{computer}" not in problem[2]
    assert problem[3] == f"did you mean '{labels['dp']}'?"


def test_a_code_on_an_unknown_computer_is_answered_with_the_computers(machine: Machine) -> None:
    labels = machine()
    (problem,) = problems({**labels, "cp2k": "cp2k@nowhere-at-all"})
    assert problem[1] == "cp2k@nowhere-at-all, on a computer that is not in the profile"
    assert labels["cp2k"].split("@")[1] in problem[2]
    assert problem[3].startswith("set the computer up"), "a code of another computer is no spelling of it"


def test_a_code_for_another_plug_in_is_refused(machine: Machine) -> None:
    labels = machine()
    (problem,) = problems({**labels, "cp2k": labels["lmp"]})
    assert problem[:3] == (
        "codes.cp2k",
        f"{labels['lmp']}, which is for the plugin zif.lammps",
        "a code that runs cp2k",
    )


def test_a_computer_that_is_not_configured_or_disabled_is_refused(machine: Machine) -> None:
    (problem,) = problems(machine("bare", configured=False))
    assert "which is not configured" in problem[1]
    assert problem[3].startswith("`verdi computer configure core.local ")
    labels = machine("off")
    computer: Any = orm.load_computer(labels["cp2k"].split("@")[1])
    computer.get_authinfo(orm.User.collection.get_default()).enabled = False
    (problem,) = problems(labels)
    assert "which is disabled" in problem[1]


@pytest.mark.parametrize(
    ("scheduler", "option", "refused"),
    [
        ("core.direct", "queue_name", True),
        ("core.direct", "account", True),
        ("core.pbspro", "qos", True),
        ("core.pbspro", "queue_name", False),
        ("core.slurm", "qos", False),
    ],
)
def test_an_option_that_the_scheduler_lacks_is_refused(
    machine: Machine, scheduler: str, option: str, refused: bool
) -> None:
    found = problems(machine(scheduler=scheduler), train={option: "short"})
    assert [one[0] for one in found] == ([f"resources.train.{option}"] if refused else [])


def test_a_python_on_another_computer_than_lammps_is_refused(machine: Machine) -> None:
    (problem,) = problems({**machine("a"), "python": machine("b")["python"]})
    assert problem[0] == "codes.python"
    assert "the computer of codes.lmp" in problem[2]
