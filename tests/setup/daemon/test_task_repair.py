"""What is put right in the broker's queue."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aiida_zif.setup.daemon.tasks import Active, plan_repair, read_tasks, stuck_since

A, B, C = Path("1_a.json"), Path("2_b.json"), Path("3_c.json")


def write_task(folder: Path, name: str, content: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(content)
    return folder / name


def body(pid: int) -> str:
    return json.dumps({"body": {"task": "continue", "args": {"pid": pid}}})


def test_a_sound_queue_is_left_alone() -> None:
    plan = plan_repair({A: 1, B: 2}, {1: Active(0.0), 2: Active(0.0, 1)})
    assert (plan.drop, plan.revive, plan.spare) == ((), (), ())


def test_a_process_without_task_is_revived() -> None:
    assert plan_repair({A: 1}, {1: Active(0.0), 7: Active(5.0, 1)}).revive == (7,)


def test_a_task_of_an_ended_process_is_dropped() -> None:
    plan = plan_repair({A: 1, B: 2}, {2: Active(0.0)})
    assert (plan.drop, plan.revive) == ((A,), ())


def test_of_two_tasks_for_one_process_the_older_one_stays() -> None:
    assert plan_repair({A: 1, B: 1, C: 1}, {1: Active(0.0)}).drop == (B, C)


def test_an_unreadable_task_is_dropped_and_its_process_revived() -> None:
    plan = plan_repair({A: None}, {1: Active(0.0)})
    assert (plan.drop, plan.revive) == ((A,), (1,))


def test_processes_of_a_live_foreground_program_are_spared() -> None:
    active = {1: Active(10.0), 2: Active(11.0, 1), 3: Active(1.0)}
    plan = plan_repair({}, active, foreground=5.0)
    assert (plan.revive, plan.spare) == ((3,), (1, 2))


def test_children_of_a_daemon_s_process_are_revived_whatever_runs_in_the_foreground() -> None:
    plan = plan_repair({A: 1}, {1: Active(10.0), 2: Active(11.0, 1), 3: Active(12.0, 2)}, foreground=5.0)
    assert plan.revive == (2, 3)


def test_tasks_are_read_oldest_first_from_both_folders(tmp_path: Path) -> None:
    late = write_task(tmp_path / "pending", "30_x.json", body(3))
    early = write_task(tmp_path / "processing", "20_y.json", body(2))
    assert list(read_tasks(tmp_path).items()) == [(early, 2), (late, 3)]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"body": "text"}', '{"body": {"args": {}}}'])
def test_a_damaged_task_file_has_no_process(tmp_path: Path, content: str) -> None:
    file = write_task(tmp_path / "pending", "1_a.json", content)
    assert read_tasks(tmp_path) == {file: None}


def test_waiting_time_is_that_of_the_oldest_task(tmp_path: Path) -> None:
    write_task(tmp_path / "pending", "90000000_a.json", body(1))
    write_task(tmp_path / "pending", "60000000_b.json", body(2))
    assert stuck_since(tmp_path, now=100.0) == pytest.approx(40.0)


def test_nothing_waits_while_a_worker_has_a_task(tmp_path: Path) -> None:
    write_task(tmp_path / "pending", "60000000_b.json", body(2))
    write_task(tmp_path / "processing", "50000000_c.json", body(3))
    assert stuck_since(tmp_path, now=100.0) is None
    (tmp_path / "processing" / "50000000_c.json").unlink()
    assert stuck_since(tmp_path, now=100.0) is not None
