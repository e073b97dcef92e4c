"""Restore of a backup: a new profile with a copy of its storage."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from aiida_zif.setup.backup.backup import CARD, CONTAINER, STORAGE
from aiida_zif.setup.backup.errors import BackupError
from aiida_zif.setup.profile.embedded import OPTIONS, keep_write_ahead_log

if TYPE_CHECKING:
    from aiida_zif.setup.postgresql.target import Target


def read_card(folder: Path) -> dict[str, Any]:
    """Return the description that is stored in a backup.

    :raises BackupError: if the folder is no backup.
    """
    try:
        card = json.loads((folder / CARD).read_text())
        return {**card, "storage_backend": str(card["storage_backend"]), "profile": str(card["profile"])}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BackupError(f"{folder} is no backup: {CARD} is missing or damaged ({error}).") from error


def restore_backup(folder: Path, name: str) -> dict[str, int]:
    """Make a profile from the backup of an embedded profile. The backup is not changed.

    :param folder: made by ``aiida-zif backup``.
    :param name: of the new profile.
    :returns: ``n_nodes`` and ``n_objects`` that the new profile holds, as many as the backup.
    :raises BackupError: if the name is taken, or the backup does not hold what its card says.
    """
    from aiida.manage.configuration import Profile, get_config

    card, config = read_card(folder), get_config(create=True)
    if name in config.profile_names:
        raise BackupError(f"there is a profile {name!r} already. Fix: choose another name with --as.")
    require_plain_files(folder)
    target = copy_of(folder / STORAGE)
    profile = Profile(name, profile_definition(str(target)))
    try:
        found = contents(profile)
        require_whole(folder, card, found)
    except BaseException:
        shutil.rmtree(target, ignore_errors=True)
        raise
    keep_write_ahead_log(target / "database.sqlite")
    config.add_profile(profile)
    for option, value in OPTIONS.items():
        config.set_option(option, value, scope=name)
    config.store()
    return found


def restore_on_server(folder: Path, target: Target, password: str) -> Path:
    """Fill an empty database from the backup of a PostgreSQL profile. The backup is not changed.

    :param folder: made by ``aiida-zif backup``.
    :param target: the database.
    :param password: of its role.
    :returns: folder with a copy of the files, the repository of the profile to be made.
    :raises BackupError: if the backup does not hold what its card says.
    :raises PostgresqlError: if the server refuses what is in it.
    """
    from disk_objectstore import Container

    from aiida_zif.setup.backup.postgresql_dump import DUMP
    from aiida_zif.setup.backup.restore_postgresql import load_dump

    require_plain_files(folder)
    card = read_card(folder)
    repository = copy_of(folder / STORAGE / CONTAINER, CONTAINER)
    try:
        with Container(repository / CONTAINER) as container:
            require_whole(folder, card, {"n_objects": sum(1 for _ in container.list_all_objects())})
        load_dump(target, password, folder / STORAGE / DUMP, lambda found: require_whole(folder, card, found))
    except BaseException:
        shutil.rmtree(repository, ignore_errors=True)
        raise
    return repository


def require_plain_files(folder: Path) -> None:
    """Refuse a backup with links or pipes: the target of a link would become part of the profile."""
    for path in (folder / STORAGE).rglob("*"):
        if path.is_symlink() or not (path.is_dir() or path.is_file()):
            raise BackupError(f"{path} is neither a folder nor a file, as all of a backup is. Do not restore it.")


def require_whole(folder: Path, card: dict[str, Any], found: dict[str, int]) -> None:
    """Refuse a backup whose content differs from its description."""
    short = {key: value for key, value in found.items() if value != card.get(key)}
    if short:
        raise BackupError(f"{folder} is damaged: its card says {card}, found were {short}.")


def copy_of(source: Path, name: str = "") -> Path:
    """Copy a folder to a new folder in the AiiDA folder, and return the new path."""
    from aiida.manage.configuration import get_config

    target = Path(get_config(create=True).dirpath) / "repository" / f"restored_{uuid4().hex}"
    shutil.copytree(source, target / name)
    return target


def profile_definition(storage: str) -> dict[str, Any]:
    """Return the entry of an embedded profile in AiiDA's configuration.

    :param storage: folder of its storage.
    """
    from aiida.plugins import BrokerFactory

    return {
        "storage": {"backend": "core.sqlite_dos", "config": {"filepath": storage}},
        "process_control": {"backend": "core.zeromq", "config": BrokerFactory("core.zeromq").get_default_config()},
        "default_user_email": "aiida@localhost",
        "test_profile": False,
    }


def contents(profile: Any) -> dict[str, int]:
    """Open the storage of a profile that is not loaded, and count its nodes and their files.

    :raises BackupError: if AiiDA cannot open it.
    """
    from aiida.common.exceptions import AiidaException
    from aiida.orm import Node, QueryBuilder

    try:
        storage = profile.storage_cls(profile)
        nodes = QueryBuilder(backend=storage).append(Node).count()
        keys = set(Node.get_collection(storage).iter_repo_keys())
        present = sum(storage.get_repository().has_objects(list(keys)))
    except (AiidaException, ValueError) as error:
        raise BackupError(f"the backup cannot be opened: {error}") from error
    storage.close()
    return {"n_nodes": nodes, "n_objects": present}
