"""AiiDA's supervisor, no statistics of circus: ``python -m aiida_zif.setup.daemon.supervisor -p PROFILE daemon …``.

Nobody reads them, they take 45 MB and two per cent of a core, and where the path of the log holds a blank, which circus
does not quote, their process starts anew without end.
"""

from __future__ import annotations

from typing import Any


def main() -> None:
    """Run the command line of ``verdi``."""
    import circus
    from aiida.cmdline.commands.cmd_verdi import verdi

    make_arbiter = circus.get_arbiter

    def without_statistics(*args: Any, **settings: Any) -> Any:
        return make_arbiter(*args, **{**settings, "statsd": False, "stats_endpoint": None})

    circus.get_arbiter = without_statistics
    verdi()


if __name__ == "__main__":
    main()
