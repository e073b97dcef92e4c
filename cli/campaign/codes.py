"""Checks before anything is stored: whether the profile has the codes of a campaign, and what could not be checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiida_zif.cli.common.profile import fail, load_if_there

if TYPE_CHECKING:
    from aiida_zif.workflows.campaign.loading import Campaign


def refuse_unfit_codes(campaign: Campaign) -> None:
    """End if the profile lacks a code of the campaign, or a computer does not support its options."""
    if load_if_there():
        from aiida_zif.workflows.campaign.checks.codes import code_problems
        from aiida_zif.workflows.user_input.problems import render_problems

        if problems := list(code_problems(campaign.code_labels(), campaign.resources)):
            fail(f"the profile cannot run it.\n\n{render_problems(problems)}")


def refuse_unfit_known_codes(campaign: Campaign) -> None:
    """As :func:`refuse_unfit_codes`, but accept a profile without any code, which is not set up yet."""
    if load_if_there():
        from aiida_zif.workflows.campaign.checks.codes import known_codes

        if known_codes():
            refuse_unfit_codes(campaign)


def not_checked(campaign: Campaign) -> list[str]:
    """Return what could not be checked on this machine, each with the reason."""
    from aiida_zif.plugins.deepmd.argument_check import is_installed
    from aiida_zif.workflows.campaign.checks.plumed_input import actions_of_plumed

    notes = []
    if not load_if_there():
        notes.append("codes, computers and cores: there is no AiiDA profile")
    else:
        from aiida_zif.workflows.campaign.checks.codes import known_codes

        if not known_codes():
            notes.append("codes and computers: the profile has none yet; `aiida-zif setup` makes them")
    if campaign.training.deepmd and not is_installed():
        notes.append("types and names of training.deepmd: DeePMD-kit is not installed on this machine")
    explorations = [campaign.for_system(name).exploration for name in campaign.systems]
    if any(one.plumed for one in explorations) and actions_of_plumed() is None:
        notes.append("names of actions in exploration.plumed: there is no `plumed` on this machine")
    return notes
