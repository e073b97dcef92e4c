"""Take in what LAMMPS did; return 0 if it is to run again, 1 if all is over."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from .job import advance


def main(name: str) -> int:
    """Lead the job of the current folder by one step."""
    folder = Path.cwd()
    return 0 if advance(folder, json.loads((folder / name).read_text())) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
