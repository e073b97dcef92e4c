"""The doctor's job on a machine without a queue: it ends, is read, and leaves nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from aiida import orm

from aiida_zif.setup.doctor.job import examine

pytestmark = pytest.mark.slow


def test_a_job_on_a_machine_without_a_queue_is_read_and_leaves_nothing(localhost: Any, tmp_path: Path) -> None:
    executable = tmp_path / "dp"
    executable.write_text("#!/bin/bash\nls\necho finished training\n")
    executable.chmod(0o755)
    code = orm.InstalledCode(localhost, str(executable), label="dp", default_calc_job_plugin="zif.deepmd.train")
    code.store()
    told: list[str] = []
    checks = {check.check: check for check in examine(localhost, {}, 600.0, told.append)}
    assert checks["dp: model"].ok, checks
    assert "in the queue" in told[0]
    assert not list((tmp_path / "work").rglob("doctor*"))
    assert orm.QueryBuilder().append(orm.CalcJobNode, filters={"dbcomputer_id": localhost.pk}).count() == 0
