"""A PLUMED input is checked as far as its text says, before the first label."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from aiida_zif.workflows.campaign.checks import plumed_input as plumed_check
from aiida_zif.workflows.campaign.checks.plumed_input import plumed_faults
from aiida_zif.workflows.campaign.loading import Problem

BASE = "name: test\nprotocol: demo\nsystems:\n  zif4: {structure: zif-4}\n"
D = "d: DISTANCE ATOMS=1,2\n"


@pytest.fixture(autouse=True)
def no_plumed(monkeypatch: pytest.MonkeyPatch) -> None:
    """This machine has no PLUMED."""
    monkeypatch.setattr(plumed_check, "actions_of_plumed", lambda: None)


@pytest.mark.parametrize(
    ("text", "line", "found", "fix"),
    [
        ("d: DISTANCE ATOMS=1,9\n", 1, "ATOMS=1,9, atom 9", "counted from 1"),
        ("# x\nd: DISTANCE ATOMS=0,2\n", 2, "ATOMS=0,2, atom 0", "counted from 1"),
        ("c: COORDINATION GROUPA=1-4 GROUPB=5-12:2 R_0=1\n", 1, "GROUPB=5-12:2, atom 12", "counted from 1"),
        ("d: distance ATOMS=1,2\n", 1, "'distance' in the place of an action", "write 'DISTANCE'"),
        (D + "METAD ...\n ARG=d\n", 2, "has no end", "add it"),
        (D + "PRINT ARG=d FILE=/tmp/x\n", 2, "outside the folder of the job", "write FILE=x"),
        (D + "PRINT ARG=d FILE=../x\n", 2, "outside the folder of the job", "write FILE=x"),
        (D + "PRINT ARG=e FILE=x\n", 2, "ARG=e, without 'e' before it", "label"),
        (D + D, 2, "the label 'd' a second time", "rename"),
        ("INCLUDE FILE=other.dat\n", 1, "INCLUDE, which reads a file", "write its content into the input"),
        ("LOAD FILE=a.cpp\n", 1, "LOAD, which reads a file", "remove it"),
        ("MOLINFO STRUCTURE=a.pdb\n", 1, "a file that is read", "remove it"),
        ("UNITS ENERGY=ev\n", 1, "ENERGY=ev", "write ENERGY=eV"),
        ("UNITS LENGTH=Å\n", 1, "LENGTH=Å", "take one of these"),
        ("# nothing\n\nENDPLUMED\nx\n", 1, "no statement", "leave exploration.plumed out"),
    ],
)
def test_what_plumed_could_not_do_is_named_with_its_line(text: str, line: int, found: str, fix: str) -> None:
    (fault,) = plumed_faults(text, 8)
    assert fault.line == line
    assert found in fault.found
    assert fix in fault.fix


@pytest.mark.parametrize(
    "text",
    [
        D + "m: METAD ARG=d SIGMA=0.1 HEIGHT=1 PACE=10 FILE=HILLS\nPRINT ARG=d,m.bias FILE=COLVAR STRIDE=10\n",
        "v: VOLUME\nm: METAD ...\n  ARG=v # the volume\n  SIGMA=10\n...\nPRINT ARG=m.bias FILE=o\n",
        "UNITS LENGTH=A ENERGY=96.5 TIME=fs\nDISTANCE LABEL=d ATOMS=@mdatoms,8\nRESTRAINT ARG=d AT=1 KAPPA=1\n",
        "d: DISTANCE ATOMS={1,2}\nt: CUSTOM ARG=d VAR=a FUNC={a + 1} PERIODIC=NO\nPRINT ARG=(t.*) FILE=x\n",
        "PRINT STRIDE=1\nENDPLUMED\nanything at all\n",
    ],
)
def test_a_right_input_is_taken(text: str) -> None:
    assert list(plumed_faults(text, 8)) == []


def test_an_action_that_the_installed_plumed_lacks_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plumed_check, "actions_of_plumed", lambda: frozenset({"DISTANCE", "METAD"}))
    (fault,) = plumed_faults(D + "METADD ARG=d\n", 8)
    assert (fault.found, fault.fix) == ("the action 'METADD'", "did you mean 'METAD'?")


def test_the_campaign_names_the_system_and_its_atoms(refused: Callable[..., list[Problem]]) -> None:
    text = json.dumps("d: DISTANCE ATOMS=1,273\n# \x1b[31m\n")
    (problem,) = refused(BASE + f"exploration: {{plumed: {text}}}\n")
    assert (problem.line, problem.field) == (5, "exploration.plumed")
    assert problem.found == "line 1 of the input, for systems.zif4: ATOMS=1,273, atom 273"
    assert problem.allowed == "atoms 1 to 272"
