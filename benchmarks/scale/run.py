"""A long campaign with codes that take no time: what grows with the cycles, and what stays flat?

``python benchmarks/scale/run.py --dir FOLDER [--cycles 100]`` runs a campaign of four small frameworks and four models
with the stand-in codes of the tests, through the daemon, in a profile of its own in FOLDER. After every cycle it reads
time, nodes, links, size of database and repository, the campaign's own checkpoint and the memory of the daemon. It may
be stopped and started again with the same FOLDER: the campaign goes on where it was. Numbers go to
``benchmarks/results/scale.json``, the figure to ``docs/images/scale.png``.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "faults"))
sys.path.insert(0, str(Path(__file__).parent))

from figure import draw  # noqa: E402
from standin_site import Site, words_of  # noqa: E402

RESULTS = ROOT / "benchmarks" / "results" / "scale.json"
LOOK_EVERY = 2.0  # s
START = {"cycle": 0, "wall_s": 0.0, "worker_peak_MB": 0.0}
COUNTS = {
    "n_nodes": "SELECT count(*) FROM db_dbnode",
    "n_processes": "SELECT count(*) FROM db_dbnode WHERE node_type LIKE 'process.%'",
    "n_jobs": "SELECT count(*) FROM db_dbnode WHERE node_type LIKE 'process.calculation.calcjob.%'",
    "n_links": "SELECT count(*) FROM db_dblink",
    "checkpoint_bytes": "SELECT coalesce(max(length(json_extract(attributes, '$.checkpoints'))), 0) FROM db_dbnode "
    "WHERE node_type LIKE 'process.%'",
}


def main() -> None:
    """Run the campaign, write numbers and figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dir", type=Path, required=True, help="Folder for the profile.")
    parser.add_argument("--cycles", type=int, default=100)
    parser.add_argument("--systems", type=int, default=4)
    parser.add_argument("--models", type=int, default=4)
    arguments = parser.parse_args()
    folder = arguments.dir.absolute()
    file = folder / "rows.jsonl"
    rows = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
    site = Site(folder)
    try:
        if site.processes("ActiveLearningWorkChain"):
            site.zif("resume")
        else:
            limits, training = {"cycles": arguments.cycles}, {"models": arguments.models}
            site.zif("run", str(site.write_campaign(arguments.systems, limits=limits, training=training)), "--submit")
        for row in cycles_of(site, arguments.cycles, rows[-1] if rows else START):
            rows.append(row)
            with file.open("a") as lines:
                print(json.dumps(row), file=lines)
            print(json.dumps(row), flush=True)
            write(arguments, rows)
    finally:
        site.zif("daemon", "stop")
    draw(json.loads(RESULTS.read_text()), ROOT / "docs" / "images" / "scale.png")


def cycles_of(site: Site, cycles: int, before: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield what is there after every cycle that follows one of before, until the campaign has ended."""
    begin, last, peak = time.time() - before["wall_s"], before["cycle"], before["worker_peak_MB"]
    while last < cycles:
        time.sleep(LOOK_EVERY)
        peak = max(peak, *(megabytes(process.pid) for process in site.workers()), 0.0)
        judged = [process for process in site.processes("judge") if process["state"] == "finished"]
        campaign = site.processes("ActiveLearningWorkChain")[0]
        if len(judged) > last:
            last = len(judged)
            yield {"cycle": last, "wall_s": time.time() - begin, "worker_peak_MB": peak, **sizes(site)}
        if campaign["state"] in ("finished", "excepted", "killed"):
            print(f"ended in state {campaign['state']}, exit status {campaign['exit_status']}", flush=True)
            return


def sizes(site: Site) -> dict[str, Any]:
    """Return counts and sizes of the profile, and the memory of its daemon in MB."""
    with closing(sqlite3.connect(site.database)) as connection:
        counts = {name: connection.execute(query).fetchone()[0] for name, query in COUNTS.items()}
    container = site.database.parent / "container"
    files = [path.stat().st_size for path in container.rglob("*") if path.is_file()]
    return {
        **counts,
        "database_bytes": sum(file.stat().st_size for file in site.database.parent.glob("database.sqlite*")),
        "repository_bytes": sum(files),
        "repository_files": len(files),
        "workers_MB": sorted(megabytes(process.pid) for process in site.workers()),
        "broker_MB": sum(megabytes(p.pid) for p in site.daemon() if "broker" in words_of(p)),
    }


def megabytes(pid: int) -> float:
    """Return the resident memory of a process."""
    try:
        return float(psutil.Process(pid).memory_info().rss / 1e6)
    except psutil.NoSuchProcess:
        return 0.0


def write(arguments: argparse.Namespace, rows: list[dict[str, Any]]) -> None:
    """Write the numbers, also of a run that is not at its end."""
    content = {
        "command": f"python benchmarks/scale/run.py --cycles {arguments.cycles} --systems {arguments.systems} "
        f"--models {arguments.models} --dir FOLDER",
        "machine": {"cores": os.cpu_count(), "processor": platform.machine(), "load": os.getloadavg()[0]},
        "versions": {name: version(name) for name in ("aiida-core", "aiida-zif")},
        "seconds": round(rows[-1]["wall_s"]),
        "systems": arguments.systems,
        "models": arguments.models,
        "cycles": rows,
    }
    RESULTS.write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main()
