"""The program: ``python -m harvest harvest.json`` in the folder of the job."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

from .harvesting import harvest


def main(name: str) -> None:
    """Harvest the current folder; the summary is written last, so that its presence says all is there."""
    folder = Path.cwd()
    summary, arrays = harvest(folder, json.loads((folder / name).read_text()))
    np.savez_compressed(folder / "harvest.npz", **arrays)  # type: ignore[arg-type]
    (folder / "harvest_output.json").write_text(json.dumps(summary))


if __name__ == "__main__":
    main(sys.argv[1])
