"""Exit codes of a training (no AiiDA)."""

from __future__ import annotations

EXIT_CODES = {
    300: (
        "ERROR_NO_OUTPUT",
        "The training wrote nothing: {detail}. Check the code `dp` and the job's stderr.",
    ),
    301: (
        "ERROR_NO_MODEL",
        "The training ended but left no usable frozen model: {detail}. Look into freeze.log.",
    ),
    302: (
        "ERROR_MODEL_UNREADABLE",
        "The model to start from cannot be read: {detail}. Leave init_model out, or give a "
        "model frozen by the same back end.",
    ),
    303: ("ERROR_PARAMETERS_REFUSED", "DeePMD-kit refused the parameters: {detail}. Correct that key."),
    304: (
        "ERROR_TYPE_MAP_MISMATCH",
        "The elements of model and data do not agree: {detail}. Use one type_map, in one order, for all.",
    ),
    305: (
        "ERROR_SEL_TOO_SMALL",
        "`sel` is smaller than the neighbours in the data: {detail}. Use 'auto' or larger numbers.",
    ),
    310: (
        "ERROR_UNEXPECTED_PARSER_EXCEPTION",
        "The outputs could not be read: {detail}. Please report this with the retrieved files.",
    ),
    400: (
        "ERROR_OUTPUT_TRUNCATED",
        "The training stopped at step {step} of {steps}: {detail}. Give it more time or memory and run it again.",
    ),
    410: (
        "ERROR_NAN_IN_LEARNING_CURVE",
        "The loss was not finite from step {step} on. Train again with another seed or a "
        "lower start_lr, and check for frames with very large forces.",
    ),
    411: (
        "ERROR_OUT_OF_MEMORY",
        "The training ran out of memory: {detail}. Lower batch_size or request more memory.",
    ),
}
"""Status: (name, message); 3xx cannot be fixed by running again, 4xx can, 5xx have no usable result."""
