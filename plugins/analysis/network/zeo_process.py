"""Run Zeo++ on one task file and leave its numbers in another; a process of its own, since Zeo++ may abort.

``python zeo_process.py FOLDER`` reads ``task.json``, ``frame.cssr`` and ``radii.rad`` there and writes ``result.json``.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any


def main(folder: Path) -> None:
    """Do what the task says: ``diameters``, ``volume`` or ``surface``."""
    from pyzeo import extension as zeo

    task: dict[str, Any] = json.loads((folder / "task.json").read_text())
    network = zeo.AtomNetwork.read_from_CSSR(
        str(folder / "frame.cssr"), rad_flag=True, rad_file=str(folder / "radii.rad")
    )
    if task["accuracy"] != "default":
        zeo.high_accuracy_atomnet(network, task["accuracy"])
    if task["what"] == "diameters":
        network.calculate_free_sphere_parameters(str(folder / "diameters.res"))
        numbers = [float(word) for word in (folder / "diameters.res").read_text().split()[1:4]]
    else:
        call, name = {"volume": (zeo.volume, "AV_A^3"), "surface": (zeo.surface_area, "ASA_A^2")}[task["what"]]
        text = call(network, task["probe"], task["probe"], task["samples"])
        text = text.decode() if isinstance(text, bytes) else str(text)
        numbers = [float(word) for word in re.findall(rf"N?{re.escape(name)}: (\S+)", text)]
    (folder / "result.json").write_text(json.dumps(numbers))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
