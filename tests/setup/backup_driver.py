"""Make a profile, back it up while it is in use, restore it: ``python backup_driver.py FOLDER``; prints JSON."""

from __future__ import annotations

import json
import sys
from io import BytesIO
from pathlib import Path
from typing import Any

from aiida_zif.setup.profile.embedded import ensure_profile

ensure_profile()

from aiida import orm  # noqa: E402

from aiida_zif.setup.backup.backup import make_backup  # noqa: E402
from aiida_zif.setup.backup.errors import BackupError  # noqa: E402
from aiida_zif.setup.backup.restore import restore_backup  # noqa: E402


def refusal(function: Any, *arguments: Any) -> str:
    """Return what a function refuses with."""
    try:
        function(*arguments)
    except BackupError as error:
        return str(error)
    return ""


def main(folder: Path) -> dict[str, Any]:
    nodes = [orm.SinglefileData(BytesIO(b"%d" % n * 1000), filename="a.txt").store() for n in range(20)]
    orm.Dict({"twice": [node.uuid for node in nodes]}).store()
    lines: list[str] = []
    card = make_backup(folder, lines.append)
    answer: dict[str, Any] = {"card": card, "lines": lines, "overwrite": refusal(make_backup, folder, lines.append)}
    answer["restored"] = restore_backup(folder, "again")
    answer["name_taken"] = refusal(restore_backup, folder, "again")
    answer["no_room"] = refusal(make_backup, Path("/proc/nowhere/backup"), lines.append)
    (key,) = nodes[7].base.repository.metadata["o"]["a.txt"].values()
    container = nodes[7].backend.get_container()
    container.delete_objects([key])  # the profile itself is damaged now
    answer["damaged_profile"] = refusal(make_backup, folder.with_name("second"), lines.append)
    next((folder / "storage" / "container" / "packs").iterdir()).write_bytes(b"")
    answer["files"] = sorted(path.name for path in folder.parent.iterdir())
    return answer


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))
