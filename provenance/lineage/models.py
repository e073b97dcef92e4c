"""Where a model comes from, in words: trained here, or imported with a declared origin."""

from __future__ import annotations

from aiida_zif.plugins.data.potential import DeepPotentialData
from aiida_zif.provenance.queries.trainings import PACK, TRAINING

NOT_KNOWN = "given as a file; its origin was not declared"


def origin_in_words(model: DeepPotentialData) -> str:
    """Say who trained a model."""
    creator = model.creator
    if creator is None:
        return NOT_KNOWN
    if creator.process_type in (TRAINING, PACK):
        return f"trained here with DeePMD-kit {model.deepmd_version}"
    return str(creator.process_label).replace("_", " ")
