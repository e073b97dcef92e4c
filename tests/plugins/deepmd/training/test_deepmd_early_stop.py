"""The watcher beside a training: it ends one whose error is flat, after a checkpoint, and no other."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from aiida_zif.plugins.deepmd.training import early_stop

HEADER = "#  step      rmse_val    rmse_trn    rmse_e_val  rmse_e_trn    rmse_f_val  rmse_f_trn         lr\n"

pytestmark = pytest.mark.skipif(shutil.which("ps") is None, reason="no ps on the PATH")

STAND_IN = """\
import sys, time
from pathlib import Path
looks = Path(sys.argv[-1]).parent / "looks"
def wait_for_a_whole_look():
    size = lambda: looks.stat().st_size if looks.exists() else 0
    before = size()
    while size() < before + 2:
        time.sleep(0.002)
rows, fall, slow = int(sys.argv[3]), float(sys.argv[4]), sys.argv[5] == "slow"
with (Path(sys.argv[-1]).parent / "lcurve.out").open("w") as curve:
    curve.write({header!r})
    for row in range(rows):
        rate = 1e-3 * (1e-5 if not slow else 0.1) ** (row / rows)
        error = 0.1 * fall ** row
        curve.write(f"{{100 * row:7d}} 1.0 1.0 {{error:.2e}} 1.0 {{error:.2e}} 1.0 {{rate:.1e}}\\n")
        curve.flush()
        if row % 10 == 0:
            print("DEEPMD INFO    saved checkpoint model.ckpt", flush=True)
            wait_for_a_whole_look()
print("finished training")
"""

SLEEP = f"#!/bin/sh\nprintf . >> looks\nexec {shutil.which('sleep')} 0.01\n"
"""In place of the pause between two looks of the watcher; it counts them in the folder that is watched."""


def run_job(folder: Path, script: str) -> None:
    """Run a job in which the stand-in of `dp` goes on as soon as the watcher has looked at its checkpoint."""
    (folder / early_stop.SCRIPT).write_text(early_stop.watch_script())
    (folder / "dp.py").write_text(STAND_IN.format(header=HEADER))
    (folder / "bin").mkdir()
    (folder / "bin" / "sleep").write_text(SLEEP)
    (folder / "bin" / "sleep").chmod(0o755)
    (folder / "job.sh").write_text(f'PATH="$PWD/bin:$PATH"\n{script}\n')
    subprocess.run(["bash", "job.sh"], cwd=folder, check=True, timeout=600, capture_output=True)


def train(folder: Path, rows: int, fall: float, rate: str = "fast") -> tuple[str, str]:
    """Run a stand-in of `dp` in a job's script with the watcher; return its log and what the watcher left."""
    words = f"python3 dp.py --tf train {rows} {fall} {rate} input.json"
    run_job(folder, f"{early_stop.start_line()}\n{words} > train.log 2>&1\necho frozen > freeze.log")
    stopped = folder / early_stop.STOPPED
    assert (folder / "freeze.log").exists()
    return (folder / "train.log").read_text(), stopped.read_text().strip() if stopped.exists() else ""


@pytest.mark.slow
def test_a_flat_error_ends_the_training_and_the_job_goes_on(tmp_path: Path) -> None:
    log, step = train(tmp_path, rows=400, fall=1.0)
    assert "finished training" not in log
    assert 16000 <= int(step) < 30000, "flat from the start, but not before the learning rate is low"


@pytest.mark.parametrize(("fall", "rate"), [(0.99, "fast"), (1.0, "slow")])
def test_an_error_that_falls_or_a_rate_that_is_high_does_not(tmp_path: Path, fall: float, rate: str) -> None:
    log, step = train(tmp_path, rows=100, fall=fall, rate=rate)
    assert "finished training" in log
    assert step == ""


@pytest.mark.slow
def test_of_members_side_by_side_only_the_one_that_is_flat_is_ended(tmp_path: Path) -> None:
    lines = []
    for name, fall in (("model_1", 1.0), ("model_10", 0.99)):
        folder = f"members/{name}"
        (tmp_path / folder).mkdir(parents=True)
        lines.insert(0, early_stop.start_line(folder))
        words = f"python3 dp.py --tf train 200 {fall} fast {folder}/input.json"
        lines.append(f"(\n{words} > {folder}/train.log 2>&1\necho frozen > {folder}/freeze.log\n) &")
    run_job(tmp_path, "\n".join([*lines, "wait"]))
    stopped = [path.parent.name for path in sorted(tmp_path.rglob(early_stop.STOPPED))]
    assert stopped == ["model_1"]
    assert "finished training" in (tmp_path / "members" / "model_10" / "train.log").read_text()


def test_only_long_exponential_schedules_are_watched() -> None:
    from aiida_zif.plugins.deepmd.inputs import training_input

    assert early_stop.applies(training_input(["H"], steps=1_000_000))
    assert not early_stop.applies(training_input(["H"], steps=100_000))
    assert not early_stop.applies(training_input(["H"], steps=1000, learning_rate={"type": "exp"}))
    assert not early_stop.applies(training_input(["H"], steps=1_000_000, learning_rate={"type": "cosine"}))


def test_the_watcher_is_plain_shell() -> None:
    script = early_stop.watch_script()
    assert not any(word in script for word in ("WINDOW", "CHECKS", "LOW_RATE", "LEAST_GAIN", "STOPPED_FILE"))
    assert subprocess.run(["sh", "-n"], input=script, text=True, check=False).returncode == 0
