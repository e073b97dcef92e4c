"""Comparison of two AiiDA storages, node by node: what is missing or different.

Both are read once, in the order of their uuids, so that what is held in memory does not grow with them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aiida.orm.implementation import StorageBackend

MISSING = "<nothing>"
BATCH = 1000  # rows fetched at a time
NODE = ("uuid", "node_type", "process_type", "label", "description", "ctime", "attributes", "extras",
        "repository_metadata")  # fmt: skip
Row = tuple[Any, ...]


@dataclass(frozen=True)
class Difference:
    """One thing that differs.

    :param kind: of what: ``node``, ``links``, ``file``, ``computer``, ``user``, ``group``, ``comment``, ``log``,
        ``login``.
    :param key: uuid, e-mail or hash of it.
    :param field: what differs about it; empty if it is missing as a whole.
    :param left: what the first storage has.
    :param right: what the second one has.
    """

    kind: str
    key: str
    field: str
    left: Any
    right: Any

    def line(self) -> str:
        """Return the difference as one line."""
        return f"{self.kind} {self.key} {self.field}: {shortened(self.left)} → {shortened(self.right)}"


def shortened(value: Any) -> str:
    """Return a value as at most 60 characters."""
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def compare(left: StorageBackend, right: StorageBackend) -> Iterator[Difference]:
    """Yield all differences of two storages.

    Files are compared by the hash of their content, which is computed anew for those of the second storage.
    """
    for kind, (fields, rows) in TABLES.items():
        for key, one, other in aligned(rows(left), rows(right)):
            yield from _row_differences(kind, str(key), fields, one, other)
    yield from _broken_files(right)


def aligned(left: Iterable[Row], right: Iterable[Row]) -> Iterator[tuple[Any, Row | None, Row | None]]:
    """Walk two sorted sequences side by side and yield the rows of the same key, the first of each row."""
    lefts, rights = iter(left), iter(right)
    one, other = next(lefts, None), next(rights, None)
    while one is not None or other is not None:
        if other is None or (one is not None and one[0] < other[0]):
            assert one is not None
            yield one[0], one, None
            one = next(lefts, None)
        elif one is None or other[0] < one[0]:
            yield other[0], None, other
            other = next(rights, None)
        else:
            yield one[0], one, other
            one, other = next(lefts, None), next(rights, None)


def _row_differences(
    kind: str, key: str, fields: tuple[str, ...], one: Row | None, other: Row | None
) -> Iterator[Difference]:
    if one is None or other is None:
        yield Difference(kind, key, "", *("there" if row else MISSING for row in (one, other)))
        return
    for field, value, counterpart in zip(fields, one[1:], other[1:], strict=True):
        for path, before, after in differing(value, counterpart):
            yield Difference(kind, key, ".".join([field, *path]), before, after)


def differing(one: Any, other: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any, Any]]:
    """Yield path and values of what differs in two nests of mappings; a number is the same however it is written."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted(one.keys() | other.keys()):
            yield from differing(one.get(key, MISSING), other.get(key, MISSING), (*path, str(key)))
    elif one != other:
        yield path, one, other


def query(storage: StorageBackend, build: Callable[[Any], Any], sort: dict[Any, str] | None = None) -> Iterator[Row]:
    """Yield the rows of a query, sorted by their first column if nothing else is said."""
    from aiida.orm import QueryBuilder

    builder = build(QueryBuilder(backend=storage))
    if sort:
        builder.order_by(sort)
        yield from (tuple(row) for row in builder.iterall(batch_size=BATCH))
    else:
        yield from sorted(tuple(row) for row in builder.iterall(batch_size=BATCH))


def _nodes(storage: StorageBackend) -> Iterator[Row]:
    from aiida.orm import Computer, Node, User

    return query(
        storage,
        lambda builder: (
            builder.append(Node, tag="node", project=list(NODE))
            .append(User, with_node="node", project="email")
            .append(Computer, with_node="node", project="uuid", outerjoin=True)
        ),
        {"node": "uuid"},
    )


def _links(storage: StorageBackend) -> Iterator[Row]:
    """Yield every node that something comes out of, with all that does."""
    from aiida.orm import Node

    rows = query(
        storage,
        lambda builder: builder.append(Node, tag="node", project="uuid").append(
            Node, with_incoming="node", project="uuid", edge_project=["label", "type"]
        ),
        {"node": "uuid"},
    )
    for uuid, links in groupby(rows, key=lambda row: row[0]):
        yield uuid, {f"{target} {kind}": label for _, target, label, kind in links}


def _groups(storage: StorageBackend) -> Iterator[Row]:
    from aiida.orm import Group

    fields = ["uuid", "label", "type_string", "description", "extras"]
    for row in query(storage, lambda builder: builder.append(Group, tag="group", project=fields), {"group": "uuid"}):
        yield (*row, dict.fromkeys(_members(storage, row[0]), "member"))


def _members(storage: StorageBackend, group: str) -> Iterator[str]:
    from aiida.orm import Group, Node

    def build(builder: Any) -> Any:
        return builder.append(Group, tag="group", filters={"uuid": group}).append(
            Node, with_group="group", project="uuid"
        )

    yield from (uuid for (uuid,) in query(storage, build))


def _table(entity: str, *fields: str, **joined: tuple[str, str]) -> tuple[tuple[str, ...], Callable[..., Any]]:
    """Return fields and reader of a table whose rows have a key; ``joined``: entity, by which word, its column."""

    def rows(storage: StorageBackend) -> Iterator[Row]:
        from aiida import orm

        def build(builder: Any) -> Any:
            builder.append(getattr(orm, entity), tag="row", project=list(fields))
            for name, (word, column) in joined.items():
                builder.append(getattr(orm, name), **{word: "row"}, project=column)
            return builder

        return query(storage, build, {"row": fields[0]})

    return (*fields[1:], *joined), rows


def _logins(storage: StorageBackend) -> Iterator[Row]:
    """Yield how users log in to computers, which has no uuid of its own."""
    from aiida.orm import AuthInfo

    logins = AuthInfo.get_collection(storage).all()
    yield from sorted(
        (f"{one.computer.uuid} {one.user.email}", one.get_auth_params(), one.get_metadata(), one.enabled)
        for one in logins
    )


TABLES: dict[str, tuple[tuple[str, ...], Callable[[Any], Iterator[Row]]]] = {
    "user": _table("User", "email", "first_name", "last_name", "institution"),
    "computer": _table(
        "Computer", "uuid", "label", "hostname", "description", "scheduler_type", "transport_type", "metadata"
    ),
    "login": (("auth_params", "metadata", "enabled"), _logins),
    "node": ((*NODE[1:], "user", "computer"), _nodes),
    "links": (("to",), _links),
    "group": (("label", "type_string", "description", "extras", "members"), _groups),
    "comment": _table("Comment", "uuid", "content", "ctime", Node=("with_comment", "uuid")),
    "log": _table("Log", "uuid", "loggername", "levelname", "message", "time", Node=("with_log", "uuid")),
}
"""What is compared: the fields of a row after its key, and what yields the rows of a storage, sorted by the key."""


def _broken_files(storage: StorageBackend) -> Iterator[Difference]:
    """Yield the files of nodes whose content is not what their key, its SHA-256, says."""
    keys = {key for row in _nodes(storage) for key in file_keys(row[NODE.index("repository_metadata")] or {})}
    repository = storage.get_repository()
    for key in sorted(keys - set(repository.list_objects())):
        yield Difference("file", key, "", "there", MISSING)
        keys.remove(key)
    for key, stream in repository.iter_object_streams(sorted(keys)):
        if (found := sha256(stream)) != key:
            yield Difference("file", key, "content", key, found)


def sha256(stream: IO[bytes]) -> str:
    """Return the SHA-256 of a stream in hexadecimal digits, read piece by piece."""
    digest = hashlib.sha256()
    while piece := stream.read(1 << 20):
        digest.update(piece)
    return digest.hexdigest()


def file_keys(tree: dict[str, Any]) -> Iterator[str]:
    """Yield the keys of all files in the file tree of a node, as AiiDA writes it."""
    if "k" in tree:
        yield tree["k"]
    for child in tree.get("o", {}).values():
        yield from file_keys(child)
