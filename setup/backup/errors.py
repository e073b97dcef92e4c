"""Errors of backup and restore."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    pass


class BackupError(RuntimeError):
    """A backup or a restore failed. The message states the cause and the fix."""
