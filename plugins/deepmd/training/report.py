"""What the training of one member reports (no AiiDA)."""

from __future__ import annotations

from typing import Any

from aiida_zif.plugins.data.record import Report


class TrainingReport(Report):
    """``output_parameters`` of ``zif.deepmd.train``, and of every member of ``zif.deepmd.train_pack``.

    :param steps: that the learning curve comes to.
    :param stopped_early_at: step at which the training was ended because it learnt no more; None if it was not.
    :param checkpoint: newest step that the training can go on from; None if there is none.
    :param final: errors of the last batch of the learning curve, by its columns: eV/atom, eV/Å.
    :param wall_s: s.
    :param seconds_per_step: s.
    :param n_train_frames: labelled frames that were learnt from.
    :param sel: most neighbours by type, of the descriptor.
    :param seeds: of the descriptor, the fitting net and the training.
    """

    steps: int = 0
    steps_requested: int | None = None
    stopped_early_at: int | None = None
    checkpoint: int | None = None
    final: dict[str, float] = {}
    wall_s: float | None = None
    seconds_per_step: float | None = None
    n_train_frames: int | None = None
    sel: list[int] | int | str = []
    seeds: dict[str, int | None] = {}
    deepmd_version: str | None = None


class Failures(Report):
    """``failures`` of ``zif.deepmd.train_pack``: in the node the members stand by their labels, beside ``schema``.

    :param members: exit status and message of each member that failed, by its label.
    """

    members: dict[str, tuple[int, str]] = {}

    def as_dict(self) -> dict[str, Any]:
        """Return the members by label beside the number of the definition."""
        content = super().as_dict()
        return {**content.pop("members", {}), **content}

    @classmethod
    def upgraded(cls, content: dict[str, Any], number: int) -> dict[str, Any]:
        """Return all keys of a node as members."""
        return {"members": content}
