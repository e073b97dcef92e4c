"""What a study may end with."""

from __future__ import annotations

AGAIN = "After fixing it, `aiida-zif run STUDY` starts again"

EXIT_CODES = (
    (
        310,
        "ERROR_PARTS_FAILED",
        "{failed} of {total} parts did not end well: {names}. First cause: {cause}. What the others found is in the "
        "outputs; see `aiida-zif status {pk}`. " + AGAIN + ".",
    ),
    (
        510,
        "ERROR_NO_RESULT",
        "no part of the study gave a result. First cause: {cause}. See `aiida-zif status {pk}`. " + AGAIN + ".",
    ),
)
"""Status, label and message of every end of a study that is no success."""
