"""One command a process, as a person would type them: ``python campaign_driver.py COMMAND``; prints JSON."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any


def setup() -> dict[str, Any]:
    from aiida.manage.configuration import get_config
    from aiida.orm import InstalledCode

    from aiida_zif.setup.profile import ensure_localhost, ensure_profile

    ensure_profile()
    computer = ensure_localhost(Path(get_config().dirpath) / "scratch")
    InstalledCode(label="bash", computer=computer, filepath_executable="/bin/bash").store()
    return {}


def start() -> dict[str, Any]:
    from aiida_zif.setup.daemon import daemon_state, ensure_daemon

    return {"message": ensure_daemon(2), **daemon_state().as_dict()}


def stop() -> dict[str, Any]:
    from aiida_zif.setup.daemon import stop_daemon

    return {"message": stop_daemon()}


def submit(seconds: str) -> dict[str, Any]:
    from aiida.engine import submit as submit_process
    from aiida.orm import load_code
    from sleepy import SleepyWorkChain

    return {"pk": submit_process(SleepyWorkChain, code=load_code("bash@localhost"), seconds=int(seconds)).pk}


def abandon(seconds: str) -> dict[str, Any]:
    """Run the work chain in this very process; the test kills it in the middle."""
    from aiida.engine import run
    from aiida.orm import load_code
    from sleepy import SleepyWorkChain

    run(SleepyWorkChain, code=load_code("bash@localhost"), seconds=int(seconds))
    return {}


def look() -> dict[str, Any]:
    from aiida.orm import CalcJobNode, QueryBuilder, WorkChainNode

    from aiida_zif.setup.daemon import daemon_state

    chain = QueryBuilder().append(WorkChainNode).order_by({WorkChainNode: "id"}).first(flat=True)
    jobs = QueryBuilder().append(CalcJobNode).all(flat=True)
    return {
        "chain": None if chain is None else str(chain.process_state.value),
        "total": chain.outputs.total.value if chain is not None and chain.is_finished_ok else None,
        "jobs": [str(job.process_state.value) for job in jobs],
        **daemon_state().as_dict(),
    }


COMMANDS = {
    "setup": setup,
    "start": start,
    "stop": stop,
    "submit": submit,
    "abandon": abandon,
    "look": look,
}

if __name__ == "__main__":
    if sys.argv[1] != "setup":
        from aiida_zif.setup.profile import load_own_profile

        load_own_profile()
    print(json.dumps(COMMANDS[sys.argv[1]](*sys.argv[2:])))
