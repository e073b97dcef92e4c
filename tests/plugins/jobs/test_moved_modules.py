"""Checkpoints that were written before modules moved are still read."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec

import pytest
from plumpy.loaders import DefaultObjectLoader

from aiida_zif.plugins.jobs.moved_modules import MOVED, PREFIX

CLASSES = {
    "plugins.deepmd.test_calculation:DeepmdTestCalculation": "zif.deepmd.test",
    "plugins.deepmd.train_calculation:DeepmdTrainCalculation": "zif.deepmd.train",
    "plugins.deepmd.train_pack_calculation:DeepmdTrainPackCalculation": "zif.deepmd.train_pack",
    "workflows.acquire:AcquireWorkChain": "zif.acquire",
    "workflows.active_learning:ActiveLearningWorkChain": "zif.active_learning",
    "workflows.aimd:AimdWorkChain": "zif.aimd",
    "workflows.converge:ConvergeWorkChain": "zif.converge",
    "workflows.explore:ExploreWorkChain": "zif.explore",
    "workflows.label:LabelWorkChain": "zif.label",
    "workflows.time_labels:TimeLabelsWorkChain": "zif.time_labels",
    "workflows.train_committee:TrainCommitteeWorkChain": "zif.train_committee",
}
"""What a checkpoint named a class by before the modules moved, and its entry point."""


@pytest.mark.parametrize(("identifier", "entry_point"), CLASSES.items())
def test_a_class_is_found_by_the_module_that_it_was_in(identifier: str, entry_point: str) -> None:
    from aiida.plugins import CalculationFactory, WorkflowFactory

    factory = WorkflowFactory if identifier.startswith("workflows") else CalculationFactory
    assert DefaultObjectLoader().load_object(PREFIX + identifier) is factory(entry_point)


def test_an_old_name_is_found_by_a_program_that_imports_nothing_else_of_ours() -> None:
    code = "import aiida_zif.workflows.label as old; print(old.LabelWorkChain.__module__)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "aiida_zif.workflows.labelling.label"


@pytest.mark.parametrize(("old", "new"), MOVED.items())
def test_an_old_name_stands_for_a_module_that_exists(old: str, new: str) -> None:
    assert find_spec(PREFIX + new) is not None
    assert find_spec(PREFIX + old) is not None


def test_a_name_that_never_was_is_not_found() -> None:
    assert find_spec("aiida_zif.workflows.nothing") is None
