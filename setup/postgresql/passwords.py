"""Passwords of a database: from an environment variable, PostgreSQL's password file, a prompt, or a generator.

Never from the command line, which everybody on the machine can read. No AiiDA import here.
"""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

Ask = Callable[[str], str]
"""Shows a prompt and returns the input, which is not echoed."""


@dataclass(frozen=True)
class Account:
    """The account whose password is searched.

    :param host: name or address of the server.
    :param port: its port.
    :param database: name of the database.
    :param role: who logs in.
    :param variable: environment variable that may hold the password.
    """

    host: str
    port: int
    database: str
    role: str
    variable: str

    def matches(self, entry: list[str]) -> bool:
        """Whether a line of the password file matches this account; ``*`` matches all."""
        ours = [self.host, str(self.port), self.database, self.role]
        return all(word in ("*", own) for word, own in zip(entry[:4], ours, strict=True))


def from_environment(account: Account) -> str | None:
    """Return the password in an environment variable, if it is set and not empty."""
    return os.environ.get(account.variable) or None


def password_file() -> Path:
    """Return the path of the password file of libpq."""
    return Path(os.environ.get("PGPASSFILE") or Path.home() / ".pgpass")


def from_file(account: Account, file: Path | None = None) -> str | None:
    """Return the password that PostgreSQL's password file holds for an account.

    As libpq does, a file that others may read is passed over, and the first line that matches is taken
    (https://www.postgresql.org/docs/current/libpq-pgpass.html).
    """
    file = file or password_file()
    if not file.is_file() or file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        return None
    entries = (split_entry(line) for line in file.read_text().splitlines() if not line.startswith("#"))
    return next((entry[4] for entry in entries if len(entry) == 5 and account.matches(entry)), None)


def split_entry(line: str) -> list[str]:
    """Split a line of the password file at its colons; a backslash escapes the next character."""

    def words() -> Iterator[str]:
        word, letters = "", iter(line)
        for letter in letters:
            if letter == ":":
                yield word
                word = ""
            else:
                word += next(letters, "") if letter == "\\" else letter
        yield word

    return list(words())


def generate() -> str:
    """Return a new password of 24 random bytes."""
    return secrets.token_urlsafe(24)
