"""A profile with its database on a PostgreSQL server; everything else is as in the embedded profile."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiida_zif.setup.postgresql.access import PostgresqlError, first_line
from aiida_zif.setup.postgresql.target import Target
from aiida_zif.setup.profile.embedded import add_profile, own_config, settle_profile

if TYPE_CHECKING:
    from aiida.manage.configuration.config import Config
    from aiida.manage.configuration.profile import Profile


def require_free_name(name: str, target: Target) -> bool:
    """Return whether the profile does not exist yet; to be called before anything is created on the server.

    :raises PostgresqlError: if there is a profile of that name with another storage.
    """
    config = own_config()
    if name not in config.profile_names:
        return True
    profile = config.get_profile(name)
    kept = profile.storage_config
    if profile.storage_backend == "core.psql_dos" and _place(target).items() <= kept.items():
        return False
    raise PostgresqlError(
        f"there is a profile {name!r} already, with the storage {profile.storage_backend} "
        f"{kept.get('database_name') or kept.get('filepath') or ''}. Fix: choose another --name."
    )


def make_profile(name: str, target: Target, password: str, repository: Path | None = None) -> Profile:
    """Load the profile of a database, and make it first if it is missing.

    :param password: of the role; empty if PostgreSQL's password file has it.
    :param repository: folder of the files; inside the AiiDA folder if left out.
    :raises PostgresqlError: if AiiDA cannot use the database.
    """
    config = own_config()
    if require_free_name(name, target):
        folder = repository or Path(config.dirpath) / "repository" / name
        uri = folder.absolute().as_uri()
        _add(config, name, {**_place(target), "database_password": password, "repository_uri": uri})
    profile = settle_profile(config, name)
    keep_private(config)
    return profile


def _place(target: Target) -> dict[str, Any]:
    return {
        "database_hostname": target.host,
        "database_port": target.port,
        "database_username": target.role,
        "database_name": target.database,
    }


def _add(config: Config, name: str, storage_config: dict[str, Any]) -> None:
    from aiida.common.exceptions import CorruptStorage, StorageMigrationError

    keep_private(config)
    try:
        add_profile(config, name, "core.psql_dos", {"database_engine": "postgresql_psycopg", **storage_config})
    except (CorruptStorage, StorageMigrationError) as error:
        if name in config.profile_names:
            config.remove_profile(name)
            config.store()
        raise PostgresqlError(
            f"AiiDA cannot use database {storage_config['database_name']!r}: {first_line(error.__context__ or error)}. "
            "Fix: choose an empty database, or set --repository to the folder that belongs to it."
        ) from error


def keep_private(config: Config) -> None:
    """Remove access of others to the configuration, which holds the password, and to AiiDA's copies of earlier ones."""
    path = Path(config.filepath)
    for file in path.parent.glob(f"{path.name}*"):
        file.chmod(0o600)
