"""The embedded profile: SQLite and AiiDA's built-in broker, the computer ``localhost`` and the codes on it.

Everything is made in one process through the Python API, and making it again changes nothing. SQLite keeps a
write-ahead log: with AiiDA's default journal, a program that reads while a worker writes to a busy disk can fail, as
the database is locked. The log is merged when the last process closes the database, so stop the daemon before
``verdi storage backup``, which copies the database file alone.
"""

from __future__ import annotations

import os
import sqlite3
import warnings
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiida_zif.setup.environment import PROFILE, select_aiida_folder

if TYPE_CHECKING:
    from aiida.manage.configuration.config import Config
    from aiida.manage.configuration.profile import Profile

OPTIONS: dict[str, int] = {
    "runner.poll.interval": 1,  # fall-back for missed broadcasts; AiiDA's own default is a minute
    "daemon.timeout": 20,  # the default of 2 s is too short for a busy machine
    "daemon.default_workers": 2,
}


def ensure_profile(name: str = PROFILE) -> Profile:
    """Load the embedded profile of the AiiDA folder in use, and make it first if it is missing.

    :param name: profile name.
    :returns: the loaded profile.
    """
    config = own_config()
    if name not in config.profile_names:
        add_profile(config, name, "core.sqlite_dos", {})
        keep_write_ahead_log(Path(config.get_profile(name).storage_config["filepath"]) / "database.sqlite")
    return settle_profile(config, name)


def own_config() -> Config:
    """Return the configuration of the AiiDA folder in use, and make that folder if it is missing."""
    select_aiida_folder(create=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # AiiDA warns that it creates the folder asked for
        from aiida.manage.configuration import get_config

        return get_config(create=True)


def add_profile(config: Config, name: str, storage: str, storage_config: dict[str, Any]) -> None:
    """Make a profile with AiiDA's built-in broker and its storage; a storage with data keeps its first user.

    :param storage: entry point of the storage, such as ``core.sqlite_dos``.
    :param storage_config: what the storage has to know.
    """
    from aiida.manage.configuration import profile_context
    from aiida.manage.manager import get_manager
    from aiida.orm import QueryBuilder, User
    from aiida.plugins import BrokerFactory

    profile = config.create_profile(
        name=name,
        storage_backend=storage,
        storage_config=storage_config,
        broker_backend="core.zeromq",
        broker_config=BrokerFactory("core.zeromq").get_default_config(),
    )
    with profile_context(profile, allow_switch=True):
        first = QueryBuilder().append(User).order_by({User: "id"}).first(flat=True)
        user = first or User(email="aiida@localhost").store()
        get_manager().set_default_user_email(profile, user.email)


def settle_profile(config: Config, name: str) -> Profile:
    """Set the options of a profile, make it the default one if there is none, and load it."""
    from aiida.manage.configuration import load_profile

    for option, value in OPTIONS.items():
        config.set_option(option, value, scope=name)
    if config.default_profile_name not in config.profile_names:
        config.set_default_profile(name, overwrite=True)
    config.store()
    return load_profile(name, allow_switch=True)


def keep_write_ahead_log(database: Path) -> None:
    """Switch a SQLite database to a write-ahead log, so that readers do not wait for a writer. The setting persists."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")


def load_own_profile(name: str | None = None) -> Profile:
    """Load the profile that commands work on: the named one, else AIIDA_PROFILE, else the default one.

    :raises aiida.common.exceptions.ConfigurationError: if there is no such profile; ``./setup/demo.sh`` or
        ``python -m aiida_zif.setup.profile`` makes one.
    """
    select_aiida_folder()
    from aiida import load_profile

    return load_profile(name or os.environ.get("AIIDA_PROFILE"), allow_switch=True)
