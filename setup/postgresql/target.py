"""The database of a profile: server, role, names; and the administrator that creates it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiida_zif.setup.postgresql.access import PostgresqlError
from aiida_zif.setup.postgresql.passwords import Account

if TYPE_CHECKING:
    pass


ROLE_VARIABLE, ADMIN_VARIABLE = "AIIDA_ZIF_PG_PASSWORD", "AIIDA_ZIF_PG_ADMIN_PASSWORD"


NAME = re.compile(r"[a-z_][a-z0-9_-]{0,62}")


@dataclass(frozen=True)
class Target:
    """The database that a profile gets.

    :param host: name or address of the server.
    :param port: its port.
    :param database: name of the database.
    :param role: role that owns it, and that AiiDA logs in as.
    """

    host: str
    port: int
    database: str
    role: str

    def __post_init__(self) -> None:
        """Refuse names that require quotes, and hosts that AiiDA cannot reach."""
        for what, name in (("database", self.database), ("role", self.role)):
            if not NAME.fullmatch(name):
                raise PostgresqlError(
                    f"{what}: found {name!r}, allowed are 1 to 63 characters a-z, 0-9, _ and -, first a letter or _. "
                    "Fix: choose another name."
                )
        if not re.fullmatch(r"[A-Za-z0-9.:_-]+", self.host):
            raise PostgresqlError(
                f"host: found {self.host!r}, allowed is the name or address of a server (AiiDA connects by TCP). "
                "Fix: localhost for a server on this machine."
            )

    @property
    def account(self) -> Account:
        """The role's account."""
        return Account(self.host, self.port, self.database, self.role, ROLE_VARIABLE)
