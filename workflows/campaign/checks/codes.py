"""Checks that the profile has the codes of a campaign, and that their computers support its options."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

from aiida import orm
from aiida.common.exceptions import MultipleObjectsError, NotExistent

from aiida_zif.workflows.campaign.checks.machine_cores import CODE_OF
from aiida_zif.workflows.user_input.problems import Problem, did_you_mean, listed

FAMILIES = {"cp2k": ("zif.cp2k", "cp2k"), "dp": ("zif.deepmd", "deepmd"), "lmp": ("zif.lammps", "lammps")}
"""Code: prefix of the plugins that run it."""

LACKING = {
    "core.direct": ("queue_name", "account", "qos"),
    "core.pbspro": ("qos",),
    "core.torque": ("qos",),
    "core.sge": ("qos",),
    "core.lsf": ("qos",),
}
"""Scheduler: options that AiiDA would leave out of its job scripts without a word."""

MOST_SHOWN = 12


def code_problems(
    labels: Mapping[str, str], resources: Any, code_of: Mapping[str, str] = CODE_OF, file: str = "campaign"
) -> Iterator[Problem]:
    """Yield what forbids to run a file with the codes of the loaded profile.

    :param labels: ``label@computer`` by code, as in the file.
    :param resources: its section of that name.
    :param code_of: stage of the resources → code that runs it.
    :param file: what messages call the file.
    """
    for problem in _problems(labels, resources, code_of):
        yield replace(problem, file=file)


def _problems(labels: Mapping[str, str], resources: Any, code_of: Mapping[str, str]) -> Iterator[Problem]:
    found: dict[str, Any] = {}
    for name, label in labels.items():
        code, problem = _load(name, label)
        if problem is not None:
            yield problem
        else:
            found[name] = code
            yield from _plugin_problems(name, code)
    for computer in {code.computer.pk: code.computer for code in found.values()}.values():
        name = next(name for name, code in found.items() if code.computer.pk == computer.pk)
        yield from _computer_problems(name, computer)
    yield from _scheduler_problems(found, resources, code_of)
    if {"lmp", "python"} <= found.keys() and found["lmp"].computer.pk != found["python"].computer.pk:
        allowed = f"a Python on {found['lmp'].computer.label}, the computer of codes.lmp"
        fix = "name such a code; it reads what LAMMPS left in its folder"
        yield _problem("python", labels["python"], allowed, fix)


def known_codes(name: str | None = None) -> list[str]:
    """Return ``label@computer`` of the codes of the profile that are not hidden.

    :param name: of a code in the campaign file; codes that are for another of them are left out.
    """
    query = orm.QueryBuilder().append(orm.Computer, tag="computer", project="label")
    query.append(
        orm.AbstractCode, with_computer="computer", project=["label", "attributes.input_plugin", "extras.hidden"]
    )
    return sorted(
        f"{label}@{computer}"
        for computer, label, plugin, hidden in query.all()
        if not hidden and (name is None or family_of(plugin) in (name, None))
    )


def family_of(plugin: str | None) -> str | None:
    """Return the code of a campaign that a plug-in is for; None if it is for none of them."""
    return next((name for name, starts in FAMILIES.items() if (plugin or "").startswith(starts)), None)


def _problem(name: str, found: str, allowed: str, fix: str, section: str = "codes") -> Problem:
    return Problem("campaign", None, f"{section}.{name}", found, allowed, fix)


def _load(name: str, label: str) -> tuple[Any, Problem | None]:
    try:
        code = orm.load_code(label)
    except NotExistent:
        return None, _unknown(name, label)
    except MultipleObjectsError:
        fix = "give them labels that differ, with `verdi code relabel PK NEW`"
        return None, _problem(name, f"{label}, which is the label of several codes", "the label of one code", fix)
    if code.computer is None:
        return None, _problem(name, f"{label}, which has no computer", "a code on a computer", "name another code")
    return code, None


def _unknown(name: str, label: str) -> Problem:
    """A code that is not there, with those that are."""
    names, computer = known_codes(name), label.split("@")[-1]
    computers = sorted(orm.QueryBuilder().append(orm.Computer, project="label").all(flat=True))
    more = f" and {len(names) - MOST_SHOWN} more" if len(names) > MOST_SHOWN else ""
    allowed = f"codes of the profile: {listed(names[:MOST_SHOWN])}{more}"
    if computer in computers:
        fix = did_you_mean(label, names, "set it up: `verdi code create core.code.installed`")
        return _problem(name, f"{label}, which is not in the profile", allowed, fix)
    near = [one for one in names if get_close_matches(computer, [one.split("@")[-1]])]
    fix = did_you_mean(label, near, "set the computer up: `aiida-zif setup`, or `verdi computer setup`")
    allowed += f"; its computers: {listed(computers)}"
    return _problem(name, f"{label}, on a computer that is not in the profile", allowed, fix)


def _plugin_problems(name: str, code: Any) -> Iterator[Problem]:
    family = family_of(code.default_calc_job_plugin) or name
    if family != name:
        found = f"{code.full_label}, which is for the plugin {code.default_calc_job_plugin}"
        yield _problem(name, found, f"a code that runs {name}", "name another code, or correct the plugin of this one")


def _computer_problems(name: str, computer: Any) -> Iterator[Problem]:
    user = orm.User.collection.get_default()
    allowed = "a computer that is configured and enabled"
    if user is None or not computer.is_user_configured(user):
        fix = f"`verdi computer configure {computer.transport_type} {computer.label}`"
        yield _problem(name, f"a code on {computer.label}, which is not configured", allowed, fix)
    elif not computer.is_user_enabled(user):
        found = f"a code on {computer.label}, which is disabled"
        yield _problem(name, found, allowed, f"`verdi computer enable {computer.label} {user.email}`")


def _scheduler_problems(codes: Mapping[str, Any], resources: Any, code_of: Mapping[str, str]) -> Iterator[Problem]:
    for stage, name in code_of.items():
        scheduler = codes[name].computer.scheduler_type if name in codes else ""
        for option in LACKING.get(scheduler, ()):
            value = getattr(getattr(resources, stage), option)
            if value is not None:
                found = f"{value!r}, which the scheduler {scheduler} of {codes[name].computer.label} does not have"
                allowed = f"options that the scheduler takes, so no {listed(LACKING[scheduler])}"
                fix = "leave it out, or take a computer with such a scheduler"
                yield _problem(f"{stage}.{option}", found, allowed, fix, "resources")
