"""Exit codes of a production run."""

from __future__ import annotations

EXIT_CODES = (
    (300, "ERROR_NO_OUTPUT", "LAMMPS left no output; see the scheduler's output and try the code by hand."),
    (301, "ERROR_OUTPUT_TRUNCATED", "What the driver wrote is incomplete; the disk may be full. Submit again."),
    (302, "ERROR_MODEL_UNREADABLE", "LAMMPS cannot read a model ({detail}); freeze it with the same DeePMD-kit."),
    (303, "ERROR_DRIVER_FAILED", "The driver failed ({detail}); the code `python` needs Python 3.9 and NumPy."),
    (304, "ERROR_TYPE_MAP", "The models do not know an element of their type_map ({detail}); correct the type_map."),
    (306, "ERROR_OTHER_TRAJECTORY", "The trajectory cannot be continued: {detail} Start again without `restart`."),
    (
        307,
        "ERROR_PRESSURE_CHECK",
        "The pressure of the model is not -dE/dV: {detail} Constant pressure would give a wrong cell; use a LAMMPS "
        "and a model format whose virial is right, or stages without a pressure.",
    ),
    (310, "ERROR_UNEXPECTED_PARSER", "The parser met something unexpected ({detail}); please report it."),
    (320, "ERROR_CRASHED", "LAMMPS crashed at step {step} ({detail}); see the logs of its parts."),
    (400, "ERROR_OUT_OF_WALLTIME", "The wall time ended at step {step}; continue with restart=<remote_folder>."),
    (
        402,
        "ERROR_WALLTIME_TOO_SHORT",
        "The wall time ended before one part of {steps} steps was done; give more time, or lower checkpoint_every.",
    ),
    (
        501,
        "ERROR_TEMPERATURE_RUNAWAY",
        "The temperature passed its limit at step {step}; train longer, or take a shorter time step.",
    ),
    (502, "ERROR_LOST_ATOMS", "Atoms were lost at step {step}; train longer, or take a shorter time step."),
    (
        503,
        "ERROR_DEVIATION_HOPELESS",
        "The deviation of the committee passed its limit at step {step}; label the output `untrusted`.",
    ),
    (
        505,
        "ERROR_UNDEFINED",
        "A model gives no finite forces at step {step} ({detail}); train it again with another seed.",
    ),
    (
        506,
        "ERROR_BOX_RUNAWAY",
        "The cell passed its limits at step {step}; use coupling iso, or wider limits (halt.volume).",
    ),
    (
        507,
        "ERROR_LINKERS_BROKEN",
        "From step {step} on a linker stays broken; the model is not fit for this temperature. Label frames of such "
        "states and continue the training.",
    ),
)
"""Status, name and message."""

OF_AN_END = {
    "walltime": "ERROR_OUT_OF_WALLTIME",
    "temperature_runaway": "ERROR_TEMPERATURE_RUNAWAY",
    "lost_atoms": "ERROR_LOST_ATOMS",
    "box_runaway": "ERROR_BOX_RUNAWAY",
    "deviation_hopeless": "ERROR_DEVIATION_HOPELESS",
    "deviation_undefined": "ERROR_UNDEFINED",
    "forces_undefined": "ERROR_UNDEFINED",
    "linkers_broken": "ERROR_LINKERS_BROKEN",
    "crashed": "ERROR_CRASHED",
}
"""How a trajectory ended → name of the exit code."""

CAN_GO_ON = ("walltime", "cut_off")
"""Ends after which another job may go on."""
