"""What others wrote is shown, but does not act on the terminal."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from aiida_zif.cli.common.terminal import Guarded

CLI = "from aiida_zif.cli.main import main; main()"


@pytest.mark.parametrize(
    "text",
    ["\x1b]0;\x07", "\x1b]52;c;bHM=\x07", "\x1bP$q\x1b\\", "\x1b[6n", "\x1b[2J", "\x9b31m", "\x08", "a\u202eb", "\x00"],
    ids=["title", "clipboard", "device", "report", "clear", "c1", "backspace", "direction", "nul"],
)
def test_a_sequence_that_acts_is_shown_harmlessly(text: str) -> None:
    stream = io.StringIO()
    Guarded(stream).write(f"before {text} after\n")
    shown = stream.getvalue()
    assert shown.startswith("before ?") or "a?b" in shown
    assert shown.endswith(" after\n")
    assert shown.replace("\n", "").isprintable()


def test_our_own_colours_lines_and_letters_are_let_through() -> None:
    text = "\r\x1b[K\x1b[1;31mrot\x1b[0m\tÅ ≤ 名\n"
    stream = io.StringIO()
    Guarded(stream).write(text)
    assert stream.getvalue() == text


def test_every_command_prints_through_the_guard(tmp_path: Path) -> None:
    file = tmp_path / "\x1b]0;mine\x07.yaml"
    file.write_text("name: [")
    environment = {**os.environ, "AIIDA_PATH": str(tmp_path)}
    command = [sys.executable, "-c", CLI, "check", str(file)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 2
    assert "?]0;mine?.yaml" in done.stdout + done.stderr
    assert "\x1b" not in done.stdout + done.stderr
