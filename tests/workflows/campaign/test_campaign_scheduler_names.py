"""Names that end up in the header of a job script: those of schedulers are taken, those that would do more are not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from aiida_zif.workflows.campaign.loading import Problem, load_campaign

BASE = {"name": "test", "protocol": "demo", "systems": {"zif4": {"structure": "zif-4"}}}
Refuse = Callable[..., list[Problem]]


def campaign(key: str, value: str) -> str:
    return yaml.safe_dump({**BASE, "resources": {"train": {key: value}}})


@pytest.mark.parametrize("name", ["gpu", "gpu-a100", "cpu,long", "p_zif.2026", "user@project", "a+b", "1"])
def test_names_that_schedulers_use_are_taken(tmp_path: Path, name: str) -> None:
    file = tmp_path / "campaign.yaml"
    file.write_text(campaign("queue_name", name))
    assert load_campaign(file).resources.train.queue_name == name


@pytest.mark.parametrize("key", ["queue_name", "account", "qos"])
@pytest.mark.parametrize("name", ["", "a b", "a\nrm -rf ~", "$(id)", "`id`", "a;b", "'a'", "-x", "a\u2028b", "a\x00"])
def test_names_that_would_do_more_are_refused(refused: Refuse, key: str, name: str) -> None:
    assert refused(campaign(key, name))[0].field == f"resources.train.{key}"
