"""When a run is no longer physical, and how it ended then (no AiiDA)."""

from __future__ import annotations

from collections.abc import Mapping

from aiida_zif.plugins.lammps.limits import Halt

MAX_TILT_CHANGE = 0.5
"""Largest change of a tilt factor in a run, as a share of the cell length that it tilts along."""
LARGEST_FORCE = 1e10
"""eV/Å; norm of all forces, which is not below it if one of them is no number."""
HALTED = {
    "forces": "forces_undefined",
    "box": "box_runaway",
    "atoms": "lost_atoms",
    "temperature": "temperature_runaway",
}
"""How a run ended by what is not sane; of several the first one is the cause of the others."""
AS_IT_IS = {"vol": "$(vol:%.6f)", **{tilt: f"$({tilt}:%.8f)" for tilt in ("xy", "xz", "yz")}}
"""The cell at the moment at which LAMMPS reads a command."""


def halts(halt: Halt, n_atoms: int, start: Mapping[str, str] = AS_IT_IS) -> list[str]:
    """Each condition is one that holds while all is well: a comparison with NaN is false, so NaN halts too.

    Formulas stand without blanks and quotes, since LAMMPS fills in ``$(…)``, the values at the start, only there.

    :param start: the cell at the start of the run: ``vol`` in Å³, the tilt factors ``xy``, ``xz`` and ``yz`` in Å.
    """
    low, high = halt.volume
    conditions = [f"vol>{low:.6g}*{start['vol']}", f"vol<{high:.6g}*{start['vol']}"]
    for tilt, length in (("xy", "lx"), ("xz", "lx"), ("yz", "ly")):
        conditions.append(f"abs({tilt}-({start[tilt]}))<{MAX_TILT_CHANGE}*{length}")
    sane = {
        "temperature": f"temp<{halt.temperature:.6g}",
        "atoms": f"count(all)=={n_atoms}",
        "box": "&&".join(conditions),
        "forces": f"fnorm<{LARGEST_FORCE:.6g}",
    }
    lines = [f"variable {name}_sane equal {condition}" for name, condition in sane.items()]
    return [
        *lines,
        f"variable sane equal {'*'.join(f'v_{name}_sane' for name in sane)}",
        "fix halt all halt 1 v_sane < 0.5 error continue message yes",
    ]


def why_halted() -> list[str]:
    """What is not sane has halted a run; if all is well, the wall time is over."""
    halted = "${status} == halted"
    causes = {f"{halted} && $(v_{name}_sane) < 0.5": status for name, status in HALTED.items()} | {halted: "walltime"}
    return [f'if "{condition}" then "variable status string {status}"' for condition, status in causes.items()]
