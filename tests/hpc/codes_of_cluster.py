"""The codes of a campaign, as jobs of the tests' cluster start them."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aiida_zif.setup.computers.codes import local_codes

STAND_INS = {name: Path(__file__).parents[1] / "codes" / f"{name}_ok" for name in ("cp2k", "dp", "lmp")}
"""Programs that answer as the codes do, at once."""


def real_codes() -> dict[str, dict[str, Any]]:
    """Return the codes of this machine, by label."""
    return {
        spec.label: {
            "filepath_executable": str(spec.executable),
            "with_mpi": spec.with_mpi,
            "prepend_text": spec.prepend_text,
            **({"default_calc_job_plugin": spec.plugin} if spec.plugin else {}),
        }
        for spec in local_codes()
    }


def stand_ins(executables: Mapping[str, Path] = STAND_INS) -> dict[str, dict[str, Any]]:
    """Return programs in the places of the codes, and this Python in that of Python."""
    found = {"python": Path(sys.executable), **executables}
    path = f"export PATH={found['python'].parent}:$PATH"
    return {
        label: {
            **code,
            "filepath_executable": str(found[label]),
            "prepend_text": f"{code['prepend_text'] if code['with_mpi'] else ''}\n{path}",
        }
        for label, code in real_codes().items()
    }
