"""What a backup or a restore ends with."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    pass


class BackupError(RuntimeError):
    """There is no backup; the message says why and what to do."""
