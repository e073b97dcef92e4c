"""What a campaign may end with."""

from __future__ import annotations

RESUME = "After fixing it, `aiida-zif run CAMPAIGN --fresh` starts again."


EXIT_CODES = (
    (301, "ERROR_NO_LABELS", "{name} got no labels: {cause}. " + RESUME),
    (
        302,
        "ERROR_LABELS_OVER_FAILURE_BUDGET",
        "{name}: {share:.0%} of the frames got no label (failure_budget.label allows {budget:.0%}), by cause: {cause}. "
        "See `aiida-zif status {pk}`. " + RESUME,
    ),
    (303, "ERROR_TRAINING", "no committee in cycle {cycle}: {cause}. " + RESUME),
    (304, "ERROR_EXPLORATION", "no exploration in cycle {cycle}: {cause}"),
    (305, "ERROR_EVALUATION", "the committee of cycle {cycle} could not be tested: {cause}"),
    (306, "ERROR_SELECTION", "no choice in cycle {cycle}: {cause}. " + RESUME),
    (
        307,
        "ERROR_NOTHING_NEW",
        "no frame of the study became a label: {cause}. Give frames of a study at other conditions, or more cycles "
        "(aiida-zif extend CAMPAIGN --cycles N).",
    ),
    (
        501,
        "ERROR_COMMITTEE_HOPELESS",
        "the first committee is hopeless, no frame was labelled for it: {cause}. Train it longer (training.steps), "
        "give it more to learn from (seed_data), or explore colder (exploration.temperatures). " + RESUME,
    ),
    (
        502,
        "ERROR_NOT_LEARNING",
        "{cause}. Committee and data set are in the outputs. Train longer (training.steps), enlarge the net or the "
        "cut-off (training.deepmd, training.rcut), check the labels (aiida-zif report {pk}), or raise "
        "convergence.patience. " + RESUME,
    ),
)
"""Status, label and message of every end of a campaign that is no success."""
