"""Calcfunctions that make frames from structures and from other frames."""

from __future__ import annotations

import numpy as np
from aiida import orm
from aiida.engine import calcfunction

from aiida_zif.plugins.data.frames import FramesData, LabelledFramesData
from aiida_zif.workflows.perturbation import perturbed_frames
from aiida_zif.workflows.selection import choose_frames, force_rmse_per_frame

CHOSEN, CONTROL = 0, 1
"""Values of the per-frame array ``role``: chosen for its deviation, or drawn at random to measure the choice."""


@calcfunction
def frames_from_structure(structure: orm.StructureData, start: orm.Dict) -> FramesData:
    """Turn a structure into what a labelling starts from: itself, or strained and rattled copies.

    :param start: ``system`` (label), ``perturbed`` (None, or ``frames``, ``displacement`` in Å and ``strain``) and
        then the ``seed``.
    """
    atoms, perturbed = structure.get_ase(), start["perturbed"]
    frames, cells = atoms.get_positions()[None], np.asarray(atoms.cell)[None]
    if perturbed is not None:
        frames, cells = perturbed_frames(
            frames[0], cells[0], perturbed["frames"], perturbed["displacement"], perturbed["strain"], start["seed"]
        )
    return FramesData(atoms.get_chemical_symbols(), frames, cells, system=start["system"])


@calcfunction
def draw_starts(starts: orm.Dict, **blocks: LabelledFramesData) -> FramesData:
    """Draw starting points for exploration at random from what has been labelled, all different if possible."""
    pool = [(name, index) for name in sorted(blocks) for index in range(blocks[name].n_frames)]
    rng = np.random.default_rng(starts["seed"])
    draws = rng.choice(len(pool), size=starts["count"], replace=len(pool) < starts["count"])
    picked = [(blocks[pool[draw][0]], pool[draw][1]) for draw in draws]
    first = picked[0][0]
    return FramesData(
        first.symbols,
        np.stack([block.positions[index] for block, index in picked]),
        np.stack([block.cells[index] for block, index in picked]),
        system=first.system,
    )


@calcfunction
def last_frame(block: LabelledFramesData) -> FramesData:
    """Pick the last frame of an interrupted AIMD run, from which it goes on."""
    return subset(block, [block.n_frames - 1])


@calcfunction
def select_frames(
    candidates: FramesData, control: FramesData, exploration: orm.Dict, selection: orm.Dict
) -> dict[str, orm.Data]:
    """Choose the frames worth a label, and add the random control that measures what the choice was worth.

    :returns: ``frames`` (with the per-frame array ``role``) and ``report`` (every frame seen is counted).
    """
    values, arrays = selection.get_dict(), candidates.per_frame
    choice = choose_frames(
        arrays["max_force_deviation"],
        arrays["run"],
        arrays["step"],
        lower=values["lower"],
        upper=values["upper"],
        budget=values["per_cycle"],
        min_separation=values["min_separation"],
    )
    chosen_ids = set(np.array(candidates.frame_ids())[choice.chosen])
    extra = [index for index, key in enumerate(control.frame_ids()) if key not in chosen_ids]
    frames = concatenate(subset(candidates, choice.chosen), subset(control, extra))
    frames.set_array("role", np.repeat([CHOSEN, CONTROL], [len(choice.chosen), len(extra)]))
    counts = exploration.get_dict()
    return {
        "frames": frames,
        "report": orm.Dict(
            {
                "n_explored": counts["n_explored"],
                "n_accurate": counts["n_accurate"],
                "n_candidate": counts["n_candidate"],
                "n_failed": counts["n_failed"],
                "n_selected": len(choice.chosen),
                "n_control": len(extra),
                "not_chosen": {
                    "not_kept_by_harvest": counts["n_candidate"] - candidates.n_frames,
                    **choice.reasons,
                },
                "deviation": counts["deviation"],
                "histogram": counts["histogram"],
                "lower": values["lower"],
                "upper": values["upper"],
            }
        ),
    }


@calcfunction
def compare_choice(frames: FramesData, **blocks: LabelledFramesData) -> orm.Dict:
    """Compare the true force error of chosen frames with that of frames drawn at random.

    The error is that of the model that drove the exploration, whose forces came back with the frames.

    :returns: per role the RMSE over all its labelled frames in eV/Å, and frame by frame error and deviation.
    """
    row_of = {key: row for row, key in enumerate(frames.frame_ids())}
    rows, reference = [], []
    for block in blocks.values():
        rows += [row_of[key] for key in block.frame_ids()]
        reference.append(block.forces)
    if not rows:
        return orm.Dict({"chosen": None, "control": None, "n_chosen": 0, "n_control": 0, "frames": []})
    errors = force_rmse_per_frame(frames.get_array("forces_predicted")[rows], np.concatenate(reference))
    roles, deviations = frames.get_array("role")[rows], frames.get_array("max_force_deviation")[rows]

    def rmse(role: int) -> float | None:
        members = errors[roles == role]
        return float(np.sqrt(np.mean(members**2))) if len(members) else None

    return orm.Dict(
        {
            "chosen": rmse(CHOSEN),
            "control": rmse(CONTROL),
            "n_chosen": int(np.sum(roles == CHOSEN)),
            "n_control": int(np.sum(roles == CONTROL)),
            "frames": [
                {"role": int(role), "force_rmse": float(error), "max_force_deviation": float(deviation)}
                for role, error, deviation in zip(roles, errors, deviations, strict=True)
            ],
        }
    )


def subset(frames: FramesData, indices: list[int]) -> FramesData:
    """Return an unstored node with some of the frames, their per-frame arrays included, labels left out."""
    labels = {"energies", "forces", "virials"}
    return FramesData(
        frames.symbols,
        frames.positions[indices],
        frames.cells[indices],
        system=frames.system,
        per_frame={name: array[indices] for name, array in frames.per_frame.items() if name not in labels},
    )


def concatenate(first: FramesData, second: FramesData) -> FramesData:
    """Return an unstored node with the frames of both; only per-frame arrays that both have are kept."""
    shared = first.per_frame.keys() & second.per_frame.keys()
    return FramesData(
        first.symbols,
        np.concatenate([first.positions, second.positions]),
        np.concatenate([first.cells, second.cells]),
        system=first.system,
        per_frame={name: np.concatenate([first.get_array(name), second.get_array(name)]) for name in sorted(shared)},
    )
