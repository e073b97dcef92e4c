"""What to do about a server that is not installed."""

from __future__ import annotations

import os

import pytest


def skip(reason: str) -> None:
    """Skip a test for want of a server; under ``setup/test-hpc.sh`` this is a failure."""
    if os.environ.get("AIIDA_ZIF_HPC"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(f"{reason}; ./setup/test-hpc.sh installs it")
