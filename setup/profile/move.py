"""Copy of a profile into another one by an archive, and the check that nothing was lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from aiida_zif.setup.profile.comparison import Difference, compare
from aiida_zif.setup.profile.embedded import OPTIONS, own_config

if TYPE_CHECKING:
    from aiida.manage.configuration.profile import Profile
    from aiida.orm.implementation import StorageBackend


MOST_SHOWN = 50


class MoveError(RuntimeError):
    """A profile cannot be moved. The message states the cause and the fix."""


@dataclass(frozen=True)
class Report:
    """The result of a move.

    :param target: name of the profile that has the copy.
    :param counts: of what the copy holds.
    :param differences: between original and copy; empty if nothing was lost.
    """

    target: str
    counts: dict[str, int]
    differences: list[Difference]

    def as_dict(self) -> dict[str, object]:
        """Return it for ``--json``."""
        lines = [difference.line() for difference in self.differences]
        return {"target": self.target, "counts": self.counts, "differences": lines}

    def lines(self) -> list[str]:
        """Return it as lines for the terminal; of many differences the first ones."""
        counted = ", ".join(f"{count} {what}" for what, count in self.counts.items())
        if not self.differences:
            fix = (
                f"Use it with --profile {self.target}, or make it the default: verdi profile set-default {self.target}"
            )
            return [f"{self.target} holds {counted}; no difference to the original.", fix]
        head = f"{self.target} holds {counted}, and differs in {len(self.differences)} places:"
        return [head, *(f"  {difference.line()}" for difference in self.differences[:MOST_SHOWN])]


def move(source: str, target: str, say: Callable[[str], None]) -> Report:
    """Copy all of a profile into an empty one and compare both; the first one is not changed.

    :param source: name of the profile that has the data.
    :param target: name of the profile that is to have them.
    :param say: prints a line of progress.
    :returns: what was moved, and what differs if anything does.
    :raises MoveError: if one of them is missing, still at work, or not empty.
    """
    from aiida.manage.configuration import load_profile
    from aiida.tools.archive import create_archive, import_archive

    old, new = (_profile(name) for name in (source, target))
    load_profile(target, allow_switch=True)
    left, right = (profile.storage_cls(profile) for profile in (old, new))
    _require_at_rest(source, left)
    _require_empty(target, right)
    with TemporaryDirectory(dir=own_config().dirpath, prefix="move-") as folder:
        archive = Path(folder) / "all.aiida"
        say(f"Writing {source} to an archive …")
        create_archive(None, archive, include_authinfos=True, backend=left)
        say(f"Reading {archive.stat().st_size / 1e6:.1f} MB into {target} …")
        import_archive(archive, include_authinfos=True, create_group=False, backend=right)
    _copy_private_extras(left, right)
    _copy_options(old, target)
    say("Comparing both node by node …")
    return Report(target, count(right), list(compare(left, right)))


def count(storage: StorageBackend) -> dict[str, int]:
    """Return how many nodes, computers and groups a storage holds."""
    from aiida.orm import Computer, Group, Node, QueryBuilder

    entities: dict[str, Any] = {"nodes": Node, "computers": Computer, "groups": Group}
    return {name: QueryBuilder(backend=storage).append(entity).count() for name, entity in entities.items()}


def _profile(name: str) -> Profile:
    config = own_config()
    if name not in config.profile_names:
        known = ", ".join(config.profile_names) or "none"
        raise MoveError(f"there is no profile {name!r}. Known profiles: {known}.")
    return config.get_profile(name)


def _require_at_rest(name: str, storage: StorageBackend) -> None:
    from aiida.orm import ProcessNode, QueryBuilder

    at_work = {"or": [{"attributes.process_state": {"in": ["created", "running", "waiting"]}}]}
    count = QueryBuilder(backend=storage).append(ProcessNode, filters=at_work).count()
    if count:
        raise MoveError(
            f"{count} processes of {name!r} are unfinished and cannot be moved. "
            f"Fix: let them end (`aiida-zif -p {name} resume`), or kill them (`verdi -p {name} process kill`)."
        )


def _require_empty(name: str, storage: StorageBackend) -> None:
    from aiida.orm import Computer, Node, QueryBuilder

    if any(QueryBuilder(backend=storage).append(entity).count() for entity in (Node, Computer)):
        raise MoveError(
            f"profile {name!r} holds nodes or computers already. "
            "Fix: make an empty one with `aiida-zif setup profile --postgresql --bare --name NAME --database NAME`."
        )


def _copy_private_extras(left: StorageBackend, right: StorageBackend) -> None:
    """Copy the extras that AiiDA sets itself, such as hashes for caching; archives do not contain them."""
    from aiida.orm import Node, QueryBuilder

    rows = QueryBuilder(backend=left).append(Node, project=["uuid", "extras"]).iterall(batch_size=1000)
    private = {uuid: extras for uuid, extras in rows if any(key.startswith("_aiida") for key in extras)}
    places = QueryBuilder(backend=right).append(Node, project=["id", "uuid"]).iterall(batch_size=1000)
    updates = [{"id": pk, "extras": private[uuid]} for pk, uuid in places if uuid in private]
    with right.transaction():
        from aiida.orm.entities import EntityTypes

        right.bulk_update(EntityTypes.NODE, updates)


def _copy_options(old: Profile, target: str) -> None:
    config = own_config()
    for option, value in old.options.items():
        if option not in OPTIONS:
            config.set_option(option, value, scope=target)
    config.store()
