"""What a job's script says of its own time is read back."""

import shutil
import subprocess

import pytest

from aiida_zif.plugins.jobs.clock import CLOCK_FILE, START_CLOCK, STOP_CLOCK, read_clock

BUSY = "python3 -c 'while __import__(\"time\").process_time() < 0.2: pass'"


def test_clock_of_a_real_shell_holds_time_and_cpu_time_of_its_children(tmp_path):
    script = "\n".join([START_CLOCK, f"{BUSY} &", BUSY, "wait", STOP_CLOCK])
    subprocess.run(["bash", "-c", script], cwd=tmp_path, check=True)
    clock = read_clock((tmp_path / CLOCK_FILE).read_text())
    assert clock.end > clock.begin > 1.7e9
    assert 0.4 <= clock.cpu_s < 2.0
    assert clock.free_kb == pytest.approx(shutil.disk_usage(tmp_path).free / 1024, rel=0.05)


def test_clock_of_a_disk_that_is_full_says_so():
    text = "10.0\n20.0\n0m0.500s 0m0.250s\n2m1.000s 0m3.000s\n/dev/a disk 132 132 0 100% /some where\n"
    assert read_clock(text).free_kb == 0
    assert read_clock(text.rsplit("/dev")[0]).free_kb is None


def test_clock_of_a_job_that_was_cut_off_knows_its_begin_only():
    clock = read_clock("1795000000.5\n")
    assert (clock.begin, clock.end, clock.cpu_s) == (1795000000.5, None, None)


@pytest.mark.parametrize("text", ["", "\n", "date: not found\n"])
def test_clock_without_a_begin_is_none(text):
    assert read_clock(text) is None


def test_minutes_and_own_time_of_the_shell_count():
    text = "10.0\n20.0\n0m0.500s 0m0.250s\n2m1.000s 0m3.000s\n"
    assert read_clock(text).cpu_s == pytest.approx(124.75)
