"""Nothing heavy happens before it is needed."""

import subprocess
import sys
from importlib.metadata import entry_points

import pytest

GROUPS = ("aiida.data", "aiida.calculations", "aiida.parsers", "aiida.workflows")
OURS = [point for group in GROUPS for point in entry_points(group=group) if point.name.startswith("zif.")]


@pytest.mark.parametrize("point", OURS, ids=lambda point: f"{point.group}:{point.name}")
def test_every_entry_point_loads(point, aiida_profile: object) -> None:
    assert point.load() is not None


def test_the_command_line_imports_no_aiida_before_a_command_is_given() -> None:
    code = "import sys; import aiida_zif.cli.main; print([m for m in ('aiida', 'numpy', 'ase') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"
