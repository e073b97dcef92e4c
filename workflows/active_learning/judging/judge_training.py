"""The verdict on a campaign without cycles: what the one committee that it trained is worth."""

from __future__ import annotations

from aiida import orm
from aiida.engine import calcfunction

from aiida_zif.workflows.active_learning.judging.judge import CONFIDENCE, TRAINED, held_out_error
from aiida_zif.workflows.active_learning.state.history import HeldOutError
from aiida_zif.workflows.active_learning.state.verdict import Criterion, Verdict
from aiida_zif.workflows.campaign.schema.convergence import HeldOutError as Asked
from aiida_zif.workflows.campaign.settings import Settings
from aiida_zif.workflows.engine.seeds import derive_seed


@calcfunction
def judge_training(settings: orm.Dict, verdict: orm.Dict, errors: orm.ArrayData | None = None) -> orm.Dict:
    """Return the verdict after the test of the committee.

    :param settings: of the campaign.
    :param verdict: on the first labels.
    :param errors: per-frame errors on held-out frames of the committee.
    """
    values, before = Settings.from_node(settings), Verdict.from_node(verdict)
    asked = values.convergence.held_out_error
    confidence = asked.confidence if asked else CONFIDENCE
    found = held_out_error(errors, confidence, derive_seed(values.seed, "judge", before.cycle))
    return orm.Dict(trained(before, found, asked, confidence).as_dict())


def trained(before: Verdict, found: HeldOutError | None, asked: Asked | None, confidence: float) -> Verdict:
    """Return the verdict on a trained committee.

    :param found: its held-out error; None with fewer than two held-out frames.
    :param asked: the error that the campaign asks for, if any.
    :param confidence: of the interval of ``found``.
    """
    words = (
        f"held-out force RMSE {found.rmse:.3g} eV/Å, at {confidence:.0%} confidence {found.low:.3g} to {found.high:.3g}"
        if found
        else "there are too few held-out frames to say how sure their error is"
    )
    ended = Criterion(name=TRAINED, met=True, found=found.rmse if found else None, limit=None, words=words)
    if asked is None:
        return before.model_copy(update={"criteria": [ended]})
    met, said = found is not None and found.high < asked.below, f"{words}, {asked.below:g} asked"
    error = Criterion(
        name="held_out_error", met=met, found=found.high if found else None, limit=asked.below, words=said
    )
    return before.model_copy(update={"criteria": [error, ended], "blocking": None if met else said})
