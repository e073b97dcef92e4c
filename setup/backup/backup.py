"""A backup of the loaded profile that is verified: it is opened, counted and read back before it gets its name.

AiiDA's own ``verdi storage backup`` copies the database file alone, and under write-ahead logging the newest nodes
are not in that file yet. Here the database is copied through its own interface, the files it refers to after it, and
the copy is compared with the profile. A campaign may go on meanwhile. A folder with a backup's name is a backup: it
is made under another name and gets its own at the very end.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiida_zif.setup.backup.errors import BackupError

if TYPE_CHECKING:
    from aiida.orm.implementation.storage_backend import StorageBackend
    from disk_objectstore import Container

CARD = "backup.json"
STORAGE = "storage"
CONTAINER = "container"
SAY_EVERY = 5.0  # s
BATCH = 500  # files that are copied between two looks at the clock

Say = Callable[[str], None]


def make_backup(folder: Path, say: Say) -> dict[str, Any]:
    """Back up the loaded profile to a new folder and verify the copy.

    :param folder: does not exist yet.
    :param say: takes lines of progress.
    :returns: the card of the backup: what is in it, and what of.
    :raises BackupError: if the folder exists, a file cannot be written, or the copy is not complete.
    """
    from aiida.manage.manager import get_manager

    manager = get_manager()
    storage, profile = manager.get_profile_storage(), manager.get_profile()
    assert profile is not None
    if profile.storage_backend not in ("core.sqlite_dos", "core.psql_dos"):
        raise BackupError(
            f"profile {profile.name!r} has the storage {profile.storage_backend}, which is not supported."
        )
    if folder.exists():
        raise BackupError(f"{folder} exists already. Fix: choose a new folder; a backup overwrites nothing.")
    with _emerging(folder) as part:
        (part / STORAGE).mkdir()
        counts = _copy_database(storage, part / STORAGE, say)
        container = twin(container_of(storage), part / STORAGE / CONTAINER)
        counts |= _copy_objects(storage, container, say)
        card = {
            "profile": profile.name,
            "profile_uuid": profile.uuid,
            "storage_backend": profile.storage_backend,
            "made": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
            **_versions(),
            **counts,
        }
        (part / CARD).write_text(json.dumps(card, indent=2) + "\n")
    return card


def _versions() -> dict[str, str]:
    from importlib.metadata import version

    return {name.replace("-", "_"): version(name) for name in ("aiida-core", "aiida-zif")}


@contextmanager
def _emerging(folder: Path) -> Iterator[Path]:
    """Yield a temporary folder; it is renamed on success and removed on failure."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    except OSError as error:
        raise BackupError(f"{folder} cannot be created: {error.strerror}. Fix: choose another folder.") from error
    try:
        yield part
        part.rename(folder)
    except OSError as error:
        raise BackupError(
            f"{error}. The incomplete backup was removed. Fix: free disk space or choose another folder."
        ) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _copy_database(storage: StorageBackend, folder: Path, say: Say) -> dict[str, int]:
    """Copy the database of a profile, and verify that the copy is complete."""
    from aiida_zif.setup.backup import postgresql_dump as backup_postgresql
    from aiida_zif.setup.backup import sqlite as backup_sqlite

    begin = time.monotonic()
    sqlite = storage.profile.storage_backend == "core.sqlite_dos"
    keep = backup_sqlite.copy_database if sqlite else backup_postgresql.dump_database
    counts, lost = keep(storage, folder)
    if lost:
        raise BackupError(f"the copy of the database is not complete: {'; '.join(lost)}. Try again.")
    size = sum(file.stat().st_size for file in folder.iterdir())
    what = f"{counts['n_nodes']:,} nodes, {counts['n_links']:,} links, {size / 1e6:,.1f} MB"
    say(f"database: {what}, compared with the profile row by row ({time.monotonic() - begin:.1f} s)")
    return counts


def container_of(storage: StorageBackend) -> Container:
    """Return the container with the files of a storage."""
    from aiida.storage.psql_dos.backend import get_filepath_container
    from disk_objectstore import Container

    return (
        storage.get_container()
        if hasattr(storage, "get_container")
        else Container(get_filepath_container(storage.profile))
    )


def twin(source: Container, folder: Path) -> Container:
    """Return a new empty container with the UUID of another one, which AiiDA compares with that of the database."""
    from disk_objectstore import Container

    new = Container(folder)
    new.init_container(hash_type=source.hash_type)
    new.close()
    shutil.copyfile(Path(source.get_folder()) / "config.json", folder / "config.json")
    return Container(folder)


def _copy_objects(storage: StorageBackend, target: Container, say: Say) -> dict[str, int]:
    """Copy every file that a node of the profile has, and read all of it back from the copy."""
    from aiida.orm import Node

    begin = said = time.monotonic()
    source = container_of(storage)
    keys = sorted(set(Node.get_collection(storage).iter_repo_keys()))
    lost = []
    for first in range(0, len(keys), BATCH):
        batch = keys[first : first + BATCH]
        kept = target.import_objects(batch, source, do_fsync=False)
        lost += [key for key in batch if kept.get(key) != key]
        if time.monotonic() - said > SAY_EVERY:
            said = time.monotonic()
            say(f"files: {first + len(batch):,} of {len(keys):,} copied, {said - begin:.0f} s")
    if lost or not target.validate().is_valid():
        raise BackupError(
            f"{len(lost)} of {len(keys)} files are missing or damaged, the first one {(lost or ['?'])[0]}. "
            "Try again. If the error remains, the profile is damaged; check it with: verdi storage integrity"
        )
    size = sum(pack.stat().st_size for pack in (Path(target.get_folder()) / "packs").iterdir())
    target.close()
    say(f"files: {len(keys):,}, {size / 1e6:,.1f} MB, hash of each checked ({time.monotonic() - begin:.1f} s)")
    return {"n_objects": len(keys), "n_bytes": size}
