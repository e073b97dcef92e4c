"""What a test of moving needs inside a profile: ``python move_driver.py COMMAND PROFILE``."""

from __future__ import annotations

import io
import sys

from aiida_zif.setup.profile.embedded import load_own_profile

SPOILT = (
    "UPDATE db_dbnode SET attributes = attributes || '{\"filename\": \"other\"}' WHERE attributes::text ~ 'filename'",
    "UPDATE db_dblink SET label = 'z' WHERE label = 'y'",
    "DELETE FROM db_dblog",
)


def fill(profile: str) -> None:
    """Make some of everything that a profile can hold."""
    load_own_profile(profile)
    from aiida import orm
    from aiida.engine import calcfunction

    @calcfunction
    def add(x, y):  # type: ignore[no-untyped-def]  # AiiDA reads hints, and those of names in here it cannot
        return orm.Float(x.value + y.value)

    computer = orm.Computer("there", "there.example.org", transport_type="core.local", scheduler_type="core.slurm")
    computer.store().configure(safe_interval=3.0)
    code = orm.InstalledCode(label="lmp", computer=computer, filepath_executable="/opt/lmp").store()
    total = add(orm.Int(1), orm.Float(1e20))
    creator = total.creator
    creator.logger.warning("something to remember")
    file = orm.SinglefileData(io.BytesIO(b"\x00\xffbytes"), filename="ein Näme.bin").store()
    orm.Dict({"nested": {"list": [1, 2.5e-7, "µ"], "none": None}, "large": 10**30}).store()
    file.base.extras.set("tag", "kept")
    file.base.comments.add("why this file")
    group = orm.Group("chosen", description="of the test").store()
    group.add_nodes([file, total, code])


def spoil(profile: str) -> None:
    """Change one attribute, one extra and one link label behind AiiDA's back."""
    load_own_profile(profile)
    from aiida.manage import get_manager
    from sqlalchemy import text

    session = get_manager().get_profile_storage().get_session()
    for statement in SPOILT:
        session.execute(text(statement))
    session.commit()


def compare(left: str, right: str) -> None:
    """Print what differs between two profiles."""
    load_own_profile(right)
    from aiida_zif.setup.profile.comparison import compare as differences
    from aiida_zif.setup.profile.embedded import own_config

    storages = [(profile := own_config().get_profile(name)).storage_cls(profile) for name in (left, right)]
    for difference in differences(*storages):
        print(difference.line())


if __name__ == "__main__":
    {"fill": fill, "spoil": spoil, "compare": compare}[sys.argv[1]](*sys.argv[2:])
