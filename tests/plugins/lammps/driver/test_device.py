"""The device of a run is what its logs allow to say."""

from __future__ import annotations

from pathlib import Path

import pytest

from aiida_zif.plugins.lammps.driver.device import device_of

MISSING = "DeePMD-kit: Cannot find libcudart.so.12\n"
NO_DEVICE = "CUDA error: Failed call to cuInit: CUDA_ERROR_NO_DEVICE: no CUDA-capable device is detected\n"


@pytest.mark.parametrize(
    ("log", "errors", "device"),
    [
        ("  build variant:      cuda\n", "", "gpu"),
        ("  build variant:      cuda\n", MISSING, "cpu"),
        ("  build variant:      cuda\n", NO_DEVICE, "cpu"),
        ("  build variant:      cpu\n", "", "cpu"),
        ("LAMMPS\n", "", "unknown"),
    ],
)
def test_what_a_run_ran_on_is_read_from_its_log(tmp_path: Path, log: str, errors: str, device: str) -> None:
    (tmp_path / "part_0003.log").write_text(log)
    (tmp_path / "stint.err").write_text(errors)
    assert device_of(tmp_path) == device


def test_without_a_log_or_an_error_stream_nothing_is_said(tmp_path: Path) -> None:
    assert device_of(tmp_path) == "unknown"
    (tmp_path / "part_0000.log").write_text("  build variant:      cuda\n")
    assert device_of(tmp_path) == "unknown"
