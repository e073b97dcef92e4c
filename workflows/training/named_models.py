"""Names of imported force fields: a group of the profile holds the models, in the order in which they were named."""

from __future__ import annotations

import re
from collections.abc import Sequence

from aiida import orm
from aiida.common.exceptions import NotExistent

from aiida_zif.plugins.data.labelled_frame import FormatError
from aiida_zif.plugins.data.potential import DeepPotentialData

PREFIX = "aiida-zif/force-field/"
ORDER = "members"
"""Extra of a group: UUIDs of its models; the first one drives."""
NAME = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,79}")


def check_name(name: str, taken: Sequence[str]) -> None:
    """Refuse what is no name, or means something else in a study file already.

    :param taken: names of campaigns and of imported files.
    :raises FormatError: naming it.
    """
    if not NAME.fullmatch(name):
        allowed = "a letter, then letters, digits and . _ -, 80 at most"
        raise FormatError(f"--name: {name!r} found; allowed: {allowed}; fix: choose another one, such as zif4-pbe")
    if name in taken:
        found = f"{name!r}, which a campaign or an imported file has"
        raise FormatError(f"--name: {found} found; allowed: a name of its own; fix: choose another one")


def refuse_other_models(name: str, models: Sequence[DeepPotentialData | None]) -> None:
    """Refuse a name that other models have.

    :param models: that are to have it; None for a file that is not in the profile yet.
    :raises FormatError: naming those that have it.
    """
    known = models_of_name(name)
    if known and [one.uuid for one in known] != [one.uuid if one is not None else None for one in models]:
        listed = ", ".join(f"{one.label} <{one.pk}>" for one in known)
        found = f"{name!r}, which means {listed}"
        raise FormatError(f"--name: {found} found; allowed: one meaning of one name; fix: choose another one")


def name_models(name: str, models: Sequence[DeepPotentialData]) -> None:
    """Let a name stand for some stored models."""
    group, _ = orm.Group.collection.get_or_create(label=f"{PREFIX}{name}")
    group.add_nodes(list(models))
    group.base.extras.set(ORDER, [model.uuid for model in models])


def models_of_name(name: str) -> list[DeepPotentialData]:
    """Return the models that a name stands for, the driving one first; none if it stands for none."""
    try:
        group = orm.Group.collection.get(label=f"{PREFIX}{name}")
    except NotExistent:
        return []
    held = {node.uuid: node for node in group.nodes if isinstance(node, DeepPotentialData)}
    order = [uuid for uuid in group.base.extras.get(ORDER, []) if uuid in held]
    return [held[uuid] for uuid in dict.fromkeys([*order, *sorted(held)])]


def known_names() -> list[str]:
    """Return the names of imported force fields."""
    query = orm.QueryBuilder().append(orm.Group, filters={"label": {"like": f"{PREFIX}%"}}, project="label")
    return sorted(label.removeprefix(PREFIX) for label in query.all(flat=True))
