"""What does a process cost that is given many blocks?

``python benchmarks/scale/links.py`` runs calcfunctions with 10 to 800 blocks of three small frames in a profile in
memory and counts the CPU time of each, which depends little on what else the machine does. Numbers go to
``benchmarks/results/scale_links.json``, the figure to ``docs/images/scale-links.png``.
"""

from __future__ import annotations

import json
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "benchmarks" / "results" / "scale_links.json"
FIGURE = ROOT / "docs" / "images" / "scale-links.png"
NUMBERS = (10, 25, 50, 100, 200, 400, 800)
SYMBOLS = ["Zn", "Zn", "H", "H", "H", "H"]


def main() -> None:
    """Measure, write numbers and figure."""
    from aiida import load_profile
    from aiida.storage.sqlite_temp import SqliteTempBackend

    load_profile(SqliteTempBackend.create_profile("links"), allow_switch=True)
    blocks = {f"block_{number}": block(number) for number in range(max(NUMBERS))}
    measure(dict(list(blocks.items())[:2]))  # the first call of all imports and prepares
    rows = []
    for number in NUMBERS:
        rows.append({"n_blocks": number, "cpu_s": round(measure(dict(list(blocks.items())[:number])), 3)})
        print(json.dumps(rows[-1]), flush=True)
    versions = {name: version(name) for name in ("aiida-core", "aiida-zif")}
    RESULTS.write_text(json.dumps({"versions": versions, "rows": rows}, indent=1) + "\n")
    draw(rows, FIGURE)


def block(seed: int) -> Any:
    """Return a stored block."""
    from aiida_zif.plugins.data.frames import LabelledFramesData

    positions = np.random.default_rng(seed).random((3, len(SYMBOLS), 3))
    level = {"hash": "0123456789abcdef", "line": "none"}
    cells = [11.0 * np.eye(3)] * 3
    return LabelledFramesData(
        SYMBOLS, positions, cells, energies=np.zeros(3), forces=positions, level_of_theory=level
    ).store()


def measure(blocks: dict[str, Any]) -> float:
    """Return the CPU time in s of a calcfunction that looks at nothing of what it is given."""
    from aiida.engine import calcfunction
    from aiida.orm import Int

    @calcfunction  # type: ignore[untyped-decorator]
    def count(**given: Any) -> Any:
        return Int(len(given))

    begin = time.process_time()
    count(**blocks)
    return time.process_time() - begin


def draw(rows: list[dict[str, Any]], file: Path) -> None:
    """Write the figure."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    number, seconds = ([row[key] for row in rows] for key in ("n_blocks", "cpu_s"))
    figure, axes = plt.subplots(figsize=(5.5, 3.6), layout="constrained")
    axes.loglog(number, seconds, "o-", markersize=4, label="measured")
    per_block = seconds[number.index(100)] / 100
    axes.loglog(number, [per_block * n for n in number], "--", color="grey", label=f"{1e3 * per_block:.0f} ms a block")
    axes.set(xlabel="blocks that a process is given", ylabel="CPU time before it begins / s")
    axes.legend(frameon=False)
    figure.savefig(file, dpi=110)
    plt.close(figure)


if __name__ == "__main__":
    main()
