"""``python -m aiida_zif.setup.profile``: the embedded profile with this machine and its codes."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from aiida_zif.setup.computers.codes import local_codes
from aiida_zif.setup.computers.localhost import equip
from aiida_zif.setup.environment import PROFILE
from aiida_zif.setup.profile.embedded import ensure_profile


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the profile, the computer and the codes, and print them.

    :returns: 0, or 2 if an executable is missing.
    """
    parser = argparse.ArgumentParser(prog="python -m aiida_zif.setup.profile", description=main.__doc__)
    parser.add_argument("--name", default=PROFILE, help="profile name (default: %(default)s)")
    name = parser.parse_args(arguments).name
    specs = local_codes()
    if complaints := [spec.complaint() for spec in specs if spec.executable is None]:
        print("\n".join(complaints), file=sys.stderr)
        return 2
    ensure_profile(name)
    print("\n".join(equip(name, specs)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
