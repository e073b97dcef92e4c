"""What a campaign with stand-in codes is made of: its codes, into which faults can be put, and its file.

The codes are those of ``tests/codes``. A fault is put in the way of a code for so many jobs; the job that meets it
takes it away, so that what follows is undisturbed.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

CODES = Path(__file__).parents[1] / "codes"
SAME_ENERGY = 1e-5  # eV
LABELS = ("cp2k", "dp", "lmp")
CODE = """#!/bin/sh
# {label}: waits {pause} s, then is the stand-in, or a faulty one if a fault is in its way.
# Of its own: hold (half of the work, then nothing until somebody ends the job) and greedy (takes all memory).
sleep {pause}
for fault in {folder}/{label}.*; do
    [ -e "$fault" ] || continue
    met={folder}/met."${{fault##*/}}"
    name="${{fault##*.}}" && name="${{name%-*}}"
    mv "$fault" "$met" 2>/dev/null || continue
    echo "$SLURM_JOB_ID" >"$met"
    case "$name" in
    hold) {python} {codes}/{label}_standin.py {half} "$@" && true; exec sleep 900 ;;
    greedy) exec {python} -c 'import time; taken = b"x" * 600 * 1000**2; time.sleep(900)' ;;
    *) exec {python} {codes}/{label}_standin.py "$name" "$@" ;;
    esac
done
exec {python} {codes}/{label}_standin.py ok "$@"
"""
HALF = {"cp2k": "truncated", "dp": "truncated", "lmp": "silent"}
"""Fault of the stand-in that leaves half of the work."""

CRYSTAL = """6
Lattice="{a} 0 0 0 {a} 0 0 0 {a}" Properties=species:S:1:pos:R:3 pbc="T T T"
Zn 2.0 2.0 2.0
Zn 7.0 7.0 7.0
H 3.6 2.0 2.0
H 0.4 2.0 2.0
H 8.6 7.0 7.0
H 5.4 7.0 7.0
"""


class StandIns:
    """The codes of one folder.

    :param folder: to write them in.
    :param pauses: seconds that each code (``cp2k``, ``dp``, ``lmp``) waits before it does anything.
    """

    def __init__(self, folder: Path, **pauses: float) -> None:
        self.folder = folder
        self.paths = {label: folder / label for label in LABELS}
        folder.mkdir(parents=True, exist_ok=True)
        for label, path in self.paths.items():
            words = {"label": label, "half": HALF[label], "pause": pauses.get(label, 0.0)}
            path.write_text(CODE.format(**words, folder=folder, codes=CODES, python=sys.executable))
            path.chmod(0o755)

    def put_fault(self, label: str, fault: str, jobs: int = 1) -> None:
        """Let the next jobs of a code meet a fault of its stand-in."""
        for number in range(jobs):
            (self.folder / f"{label}.{fault}-{number}").touch()

    def faults_met(self) -> list[str]:
        """Return the faults that a job has met."""
        return sorted(path.name for path in self.folder.glob("met.*"))

    def wait_for_fault(self, label: str, fault: str, patience: float) -> str:
        """Wait until a job has met a fault, and return its number at the batch system."""
        met, deadline = self.folder / f"met.{label}.{fault}-0", time.monotonic() + patience
        while not (met.is_file() and met.read_text()):
            assert time.monotonic() < deadline, f"no job of {label} met {fault} within {patience:g} s"
            time.sleep(0.2)
        number = met.read_text().strip()
        met.rename(met.with_name(f"{met.name}-{number}"))
        return number


def write_campaign(folder: Path, systems: int = 1, **sections: Any) -> Path:
    """Write a campaign file for so many small frameworks, and return its path; JSON is YAML."""
    labels = [f"net{number}" for number in range(systems)]
    for number, label in enumerate(labels):
        (folder / f"{label}.extxyz").write_text(CRYSTAL.format(a=11.0 + 0.1 * number))
    aimd = {"timestep": "0.5 fs", "steps": 12, "stride": 4}
    content: dict[str, Any] = {
        "name": "standin",
        "protocol": "demo",
        "seed": 7,
        "systems": {label: {"structure": f"./{label}.extxyz"} for label in labels},
        "type_map": ["H", "Zn"],
        "seed_data": {
            "aimd": [{"temperature": "300 K", **aimd}],
            "perturbed": {"frames": 4, "displacement": "0.05 Å", "strain": 0.01},
        },
        "held_out": {"aimd": [{"temperature": "500 K", **aimd}]},
        "training": {"models": 2, "rcut": "5 Å", "steps": 40},
        "exploration": {
            "temperatures": ["300 K", "600 K"],
            "pressures": ["0 GPa"],
            "steps": 200,
            "sample_every": 20,
        },
        "selection": {"lower": "0.1 eV/Å", "upper": "5 eV/Å", "per_cycle": 3, "control": 2, "min_separation": 20},
        "convergence": {"patience": 1000, "accurate_share": None, "held_out_error": {"below": "0.000001 eV/Å"}},
        "limits": {"cycles": 2, "labels": 100000},
        "resources": {"label": {"ranks": 1, "concurrent": 2}},
    }
    for name, section in sections.items():
        content[name] = {**content.get(name, {}), **section} if isinstance(section, dict) else section
    path = folder / "campaign.yaml"
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False))
    return path


def differences(hurt: dict[str, Any], peaceful: dict[str, Any]) -> list[str]:
    """Return in what the facts of a campaign that was hurt differ from those of one that was left in peace."""
    labelled = frames(hurt["labelled"])
    twice = sorted({key for key in labelled if labelled.count(key) > 1})
    found = [f"labelled twice: {', '.join(twice)}"] if twice else []
    for part in ("labelled", "dataset", "held_out"):
        one, other = set(frames(hurt[part])), set(frames(peaceful[part]))
        found += [f"{part}: {len(other - one)} missing, {len(one - other)} of its own"] if one != other else []
    one, other = energies(hurt), energies(peaceful)
    apart = [key for key in one.keys() & other.keys() if abs(one[key] - other[key]) > SAME_ENERGY]
    found += [f"energies: {len(apart)} differ"] if apart else []
    return found + [f"{part}: {hurt[part]}" for part in ("orphans", "unfinished") if hurt[part]]


def energies(facts: dict[str, Any]) -> dict[str, float]:
    """Return the energy of every frame of the data set, eV."""
    blocks = ((keys, facts["energies"][name]) for name, keys in facts["dataset"].items())
    return {key: energy for keys, found in blocks for key, energy in zip(keys, found, strict=True)}


def frames(blocks: dict[str, list[str]]) -> list[str]:
    """Return the frames of blocks, in an order that does not depend on who labelled them when."""
    return sorted(key for keys in blocks.values() for key in keys)
