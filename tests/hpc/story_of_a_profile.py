"""Facts of a profile as JSON, read in a process of its own: ``python story_of_a_profile.py WHAT …``."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from aiida_zif.setup.profile.embedded import load_own_profile


def secret_holders() -> list[str]:
    """Return the nodes with one of the ``SECRETS`` in an attribute, an extra, a text of their own or a file."""
    from aiida import orm

    secrets = os.environ["SECRETS"].split()
    found = []
    for node in orm.QueryBuilder().append(orm.Node).all(flat=True):
        words = [node.label, node.description, *map(str, (node.base.attributes.all, node.base.extras.all))]
        contents = [word.encode() for word in words]
        contents += [
            node.base.repository.get_object_content(str(root / name), mode="rb")
            for root, _, names in node.base.repository.walk()
            for name in names
        ]
        if any(secret.encode() in content for secret in secrets for content in contents):
            found.append(f"{node.node_type} <{node.pk}>")
    return found


def refused(transport: str, **settings: Any) -> str:
    """Return what the log-in to a computer by this transport ends with; nothing if it lets us in."""
    from aiida import orm

    from aiida_zif.setup.computers.computers import ComputerError
    from aiida_zif.setup.computers.connection import opened

    host = settings.pop("hostname")
    label = f"{transport.replace('.', '-')}-{orm.QueryBuilder().append(orm.Computer).count()}"
    computer = orm.Computer(label, host, transport_type=transport, scheduler_type="core.direct", workdir="/tmp").store()
    computer.configure(**settings)
    try:
        with opened(computer):
            return ""
    except ComputerError as error:
        return str(error)


def counts() -> dict[str, int]:
    """Return how many nodes there are, and how many of their files can be read."""
    from aiida import orm
    from aiida.manage import get_manager

    storage = get_manager().get_profile_storage()
    keys = list(orm.Node.get_collection(storage).iter_repo_keys())
    present = sum(storage.get_repository().has_objects(keys))
    return {"n_nodes": orm.QueryBuilder().append(orm.Node).count(), "n_objects": len({*keys}) if present else 0}


if __name__ == "__main__":
    load_own_profile(sys.argv[2] or None)
    words = [json.loads(word) for word in sys.argv[3:]]
    answer: Any
    if sys.argv[1] == "refused":
        answer = refused(words[0], **words[1])
    else:
        answer = {"secrets": secret_holders, "counts": counts}[sys.argv[1]](*words)
    print(json.dumps(answer))
