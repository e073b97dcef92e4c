"""The published frames without repeats: ``python sets.py REFERENCE TARGET`` writes copies that can be imported.

Some frames stand in several sets: those of the held-out set stay there and are left out of all others, so that no
training sees them. Frames are the same if their energies are, to 1e-5 eV of some 1e5 eV.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import numpy as np

HELD_OUT = "zif4_iter6"
LEARNT = ("zif4_iter0", "zif4_iter3", "zif4_iter5")
SAME_ENERGY = 1e-5
"""eV."""


def clean_sets(reference: Path, target: Path) -> dict[str, dict[str, int]]:
    """Write every set without frames that stand in it, or in one before it, already; the held-out set is the first.

    :param reference: folder of the published sets, deepmd/npy.
    :param target: folder of the copies; what is there is replaced.
    :returns: frames ``read`` and ``kept`` of every set.
    """
    seen: set[int] = set()
    counts = {}
    for name in (HELD_OUT, *LEARNT):
        shutil.rmtree(target / name, ignore_errors=True)
        (target / name / "set.000").mkdir(parents=True)
        for raw in ("type.raw", "type_map.raw"):
            shutil.copy(reference / name / raw, target / name / raw)
        parts = sorted((reference / name).glob("set.*"))
        arrays = {
            file.name: np.concatenate([np.load(part / file.name, allow_pickle=False) for part in parts])
            for file in sorted(parts[0].glob("*.npy"))
        }
        keep = []
        for row, energy in enumerate(arrays["energy.npy"].ravel()):
            key = round(float(energy) / SAME_ENERGY)
            if key not in seen:
                seen.add(key)
                keep.append(row)
        for file_name, array in arrays.items():
            np.save(target / name / "set.000" / file_name, array[keep])
        counts[name] = {"read": len(arrays["energy.npy"]), "kept": len(keep)}
    return counts


if __name__ == "__main__":
    print(json.dumps(clean_sets(Path(sys.argv[1]), Path(sys.argv[2])), indent=2))
