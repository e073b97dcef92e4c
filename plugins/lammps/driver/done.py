"""The parts that are done: their looks and chosen frames, in small files that a later job takes over."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np

from .looks import COLUMNS, Looked

NEEDED = ("restart", "final")
"""Endings of what the next part begins from, and of the last frame."""
MOST_COPIES = 5
"""How often files are copied from a job that still runs."""
KEPT_RESTARTS = 2
"""The last one, and the one before it: a job may be killed between the end of a part and the look at it."""


class OtherTrajectory(Exception):
    """What a job was to go on with is not there, or is of another trajectory."""


def adopt(folder: Path, config: dict[str, Any]) -> None:
    """Take over what an earlier job did, if this one goes on from one; say what this trajectory is.

    Everything is copied and nothing is written there: LAMMPS of the earlier job may still run, where a machine lost its
    network or only the script was killed, and may go on as it likes.

    :raises OtherTrajectory: if the earlier job was asked for something else, or left nothing.
    """
    plan, own = folder / "done" / "plan.json", {"trajectory": config["trajectory"], "compressed": compressed(folder)}
    earlier = folder / "earlier" / "done"
    if config["goes_on"]:
        if not (earlier / "plan.json").exists():
            raise OtherTrajectory("the folder of the job to continue holds no trajectory; was it cleaned?")
        if json.loads((earlier / "plan.json").read_text()) != own:
            raise OtherTrajectory("the job to continue had other stages, parameters or models, or compressed models")
        for _ in range(MOST_COPIES):
            if copied(earlier, folder / "done", len(config["parts"])):
                break
        else:
            raise OtherTrajectory("the job to continue still runs, or lost the file that the next part begins from")
    plan.write_text(json.dumps(own))


def copied(earlier: Path, own: Path, n_parts: int) -> bool:
    """Copy the parts that are done and what the next one begins from.

    :returns: whether that was still there: a job that still runs may have finished parts and forgotten older files.
    """
    done = [f"{index:04d}" for index in range(n_parts)]
    done = done[: next((index for index, name in enumerate(done) if not (earlier / f"{name}.npz").exists()), n_parts)]
    names = [f"{name}.npz" for name in done] + [f"{name}.{ending}" for name in done[-1:] for ending in NEEDED]
    if (earlier / "pressure.json").exists():
        names.append("pressure.json")
    try:
        for name in names:
            shutil.copyfile(earlier / name, own / name)
    except FileNotFoundError:
        return False
    return True


def on_disk(path: Path) -> None:
    """Wait until a file is on the disk: a part counts as done only if what it left outlasts a crash of the machine."""
    with path.open("rb") as handle:
        os.fsync(handle.fileno())


def compressed(folder: Path) -> bool:
    """Whether the models of this job were compressed."""
    return (folder / "compressed").exists()


class Done:
    """What is known of the parts that are done, in their order."""

    def __init__(self, folder: Path, config: dict[str, Any]) -> None:
        self.folder, self.config = folder / "done", config
        self.parts: list[dict[str, np.ndarray]] = []
        self.job = 1

    @classmethod
    def read(cls, folder: Path, config: dict[str, Any]) -> Done:
        """Read the files of all parts from the first one on, up to the first that is missing."""
        done = cls(folder, config)
        for index in range(len(config["parts"])):
            path = done.file_of(index)
            if not path.exists():
                break
            with np.load(path, allow_pickle=False) as stored:
                done.parts.append(dict(stored))
        jobs = folder / "job"
        if not jobs.exists():
            jobs.write_text(str(1 + max((int(part["job"]) for part in done.parts), default=0)))
        done.job = int(jobs.read_text())
        return done

    @property
    def n_parts(self) -> int:
        """How many are done."""
        return len(self.parts)

    @property
    def n_parts_here(self) -> int:
        """How many of them this job did."""
        return sum(int(part["job"]) == self.job for part in self.parts)

    def file_of(self, index: int) -> Path:
        """The file of a part."""
        return self.folder / f"{index:04d}.npz"

    def keep(self, looked: Looked, seconds: dict[str, float], job: int) -> None:
        """Write what a part brought, and forget the restart files that nobody needs any more."""
        index = self.n_parts
        part = {**looked.arrays(), **{name: np.array(value) for name, value in seconds.items()}, "job": np.array(job)}
        for ending in NEEDED:
            on_disk(self.folder / f"{index:04d}.{ending}")
        written = self.folder / f"{index:04d}.writing"
        with written.open("wb") as handle:
            np.savez_compressed(handle, **part)  # type: ignore[arg-type]
        on_disk(written)
        written.replace(self.file_of(index))
        self.parts.append(part)
        for old in range(index + 1 - KEPT_RESTARTS):
            for ending in NEEDED:
                (self.folder / f"{old:04d}.{ending}").unlink(missing_ok=True)

    def table(self, halted: Looked | None = None) -> np.ndarray:
        """All looks, columns as :data:`looks.COLUMNS`, shape (N, K).

        :param halted: looks of a part that did not come to its end.
        """
        tables = [part["table"] for part in self.parts] + ([] if halted is None else [halted.table])
        return np.concatenate([np.empty((0, len(COLUMNS))), *tables])

    def frames(self, kind: str, halted: Looked | None = None) -> dict[str, np.ndarray]:
        """All chosen frames of a kind: ``rows`` of their looks, ``positions`` and ``cells``, in the order of time."""
        parts = [*self.parts, *([] if halted is None else [halted.arrays()])]
        n_atoms = self.config["n_atoms"]
        empty = {"rows": (0, len(COLUMNS)), "positions": (0, n_atoms, 3), "cells": (0, 3, 3)}
        return {
            name: np.concatenate([np.empty(shape), *(part[f"{kind}_{name}"] for part in parts)])
            for name, shape in empty.items()
        }

    def steps(self) -> int:
        """MD steps of the parts that are done."""
        return int(self.config["parts"][self.n_parts - 1]["last"]) if self.parts else 0

    def total(self, name: str) -> float:
        """Seconds of all parts: ``engine`` with models to be read, ``moving`` without, ``wall`` with starts, too."""
        return float(sum(float(part[name]) for part in self.parts))

    def seconds_per_step(self) -> float | None:
        """Of the last part; None if none is done."""
        if not self.parts:
            return None
        last = self.config["parts"][self.n_parts - 1]
        return float(self.parts[-1]["engine"]) / (last["last"] - last["first"])

    def seconds_per_step_now(self) -> float | None:
        """Of the last part if this job did it."""
        return self.seconds_per_step() if self.n_parts_here else None
