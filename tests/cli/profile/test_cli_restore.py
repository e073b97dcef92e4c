"""`aiida-zif restore`: options that do not go with a backup."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from aiida_zif.cli.profile.backup import restore


@pytest.mark.parametrize("option", [("--host", "localhost"), ("--admin-database", "postgres"), ("--existing",)])
def test_a_server_for_the_backup_of_an_embedded_profile_is_refused(
    aiida_profile: object, tmp_path: Path, option: tuple[str, ...]
) -> None:
    (tmp_path / "backup.json").write_text(json.dumps({"storage_backend": "core.sqlite_dos", "profile": "zif"}))
    done = CliRunner().invoke(restore, [str(tmp_path), "--as", "again", "--json", *option])
    assert done.exit_code == 2
    assert done.stderr.startswith(f"aiida-zif: {option[0]}: the backup is of the embedded profile 'zif'")
    assert "Fix: leave it out" in done.stderr
