"""Where a model comes from, in words: trained here, or imported with a declared origin."""

from __future__ import annotations

from aiida_zif.plugins.data.potential import DeepPotentialData
from aiida_zif.provenance.queries.trainings import PACK, TRAINING
from aiida_zif.workflows.training.import_model import model_declaration_of

NOT_KNOWN = "given as a file; its origin was not declared"


def origin_in_words(model: DeepPotentialData) -> str:
    """Say who trained a model, or what was declared of it."""
    creator = model.creator
    if creator is None:
        return NOT_KNOWN
    if creator.process_type in (TRAINING, PACK):
        return f"trained here with DeePMD-kit {model.deepmd_version}"
    declared = model_declaration_of(model)
    if declared is None:
        return str(creator.process_label).replace("_", " ")
    parts = [f"imported from {declared.name}, source {declared.source}", f"trained on {declared.level} (as declared)"]
    parts += [f"by {declared.by}"] if declared.by else []
    return ", ".join([*parts, f"licence {declared.licence or 'not stated'}"])


def declared_level(model: DeepPotentialData) -> str | None:
    """Return the level of theory that was declared of an imported model; None of one that was trained here."""
    declared = model_declaration_of(model)
    return None if declared is None else f"{declared.level} (as declared)"
