"""SQLite against PostgreSQL: what a calcfunction costs when 1, 2, 4 or 8 workers write at a time.

``python benchmarks/store/run.py`` took about four minutes on two cores of one idle machine and needs an
installed PostgreSQL
server; it starts one of its own with the settings of Debian (fsync on) and ends it. Numbers go to
``benchmarks/results/store.json``.

Both stores lie on the same disk and are measured in turns, in the same run. A worker is a process that runs
``STEPS`` calcfunctions of three small nodes each, as a worker of the daemon would between two jobs; all begin
together. What counts is the time from the first begin to the last end, over all calcfunctions. ``lost`` are those
that ended in an error, such as a database that was locked for too long. A reader counts nodes meanwhile, as
``aiida-zif status`` does.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / ".aiida" / "benchmarks" / "store"
RESULTS = ROOT / "benchmarks" / "results" / "store.json"
WORKERS = (1, 2, 4, 8)
STEPS = 25


def work(profile: str, steps: int, begin: float) -> None:
    """Run calcfunctions from a common begin on, and print when the first one began, the last one ended, and how many
    were lost."""
    from aiida_zif.setup.profile.embedded import load_own_profile

    load_own_profile(profile)
    from aiida import orm
    from aiida.engine import calcfunction

    @calcfunction
    def step(x, y):  # type: ignore[no-untyped-def]
        return orm.Dict({"sum": x.value + y.value, "list": list(range(50))})

    time.sleep(max(0.0, begin - time.time()))
    first, lost = time.time(), 0
    for number in range(steps):
        try:
            step(orm.Int(number), orm.Float(0.5 * number))
        except Exception:  # whatever the store says: it is counted
            lost += 1
    print(json.dumps([first, time.time(), lost]))


def read(profile: str, begin: float) -> None:
    """Count nodes from a common begin on until we are ended, and print what each count took."""
    from aiida_zif.setup.profile.embedded import load_own_profile

    load_own_profile(profile)
    from aiida import orm

    time.sleep(max(0.0, begin - time.time()))
    while True:
        start = time.perf_counter()
        orm.QueryBuilder().append(orm.Node).count()
        print(time.perf_counter() - start, flush=True)
        time.sleep(0.2)


def measure(profile: str, workers: int) -> dict[str, float | int]:
    """Let some workers write at a time; return what a calcfunction took, how many were lost, what a look took."""
    begin = time.time() + 4.0 + workers  # by then all of them have loaded AiiDA
    me = [sys.executable, __file__]
    reader = subprocess.Popen([*me, "read", profile, str(begin)], stdout=subprocess.PIPE, text=True)
    writers = [
        subprocess.Popen([*me, "work", profile, str(STEPS), str(begin)], stdout=subprocess.PIPE, text=True)
        for _ in range(workers)
    ]
    spans = [json.loads(writer.communicate()[0].splitlines()[-1]) for writer in writers]
    reader.terminate()
    looks = sorted(float(line) for line in reader.communicate()[0].splitlines())
    wall = max(end for _, end, _ in spans) - min(first for first, _, _ in spans)
    return {
        "workers": workers,
        "s_per_calcfunction": wall / (STEPS * workers),
        "lost": sum(lost for *_, lost in spans),
        "median_look_s": looks[len(looks) // 2] if looks else float("nan"),
    }


def make_profiles(server: Any) -> None:
    """Make an empty profile in a file and one on the server."""
    from aiida_zif.setup.postgresql.server import create
    from aiida_zif.setup.postgresql.target import Target
    from aiida_zif.setup.profile.embedded import ensure_profile
    from aiida_zif.setup.profile.postgresql import make_profile

    os.environ["AIIDA_ZIF_PG_ADMIN_PASSWORD"] = server.password
    ensure_profile("sqlite")
    target = Target(server.host, server.port, "store", "store")
    make_profile("postgresql", target, create(target, "postgres", "postgres", None)[0])


def main() -> None:
    """Measure both in turns and write the numbers down."""
    sys.path.insert(0, str(ROOT / "tests" / "hpc"))
    from postgresql import PostgresqlServer

    shutil.rmtree(SITE, ignore_errors=True)
    SITE.mkdir(parents=True)
    os.environ["AIIDA_PATH"] = str(SITE)
    begin, server = time.time(), PostgresqlServer(durable=True)
    rows: dict[str, list[dict[str, float | int]]] = {"sqlite": [], "postgresql": []}
    try:
        make_profiles(server)
        for workers in WORKERS:
            for profile, measured in rows.items():
                measured.append(measure(profile, workers))
                print(profile, measured[-1], flush=True)
    finally:
        server.remove()
    ratios = [
        one["s_per_calcfunction"] / other["s_per_calcfunction"] for one, other in zip(*rows.values(), strict=True)
    ]
    content = {
        "sqlite_over_postgresql": dict(zip(map(str, WORKERS), ratios, strict=True)),
        **rows,
        "command": "python benchmarks/store/run.py",
        "machine": f"{platform.processor() or platform.machine()}, {len(os.sched_getaffinity(0))} cores",
        "wall_s": time.time() - begin,
    }
    RESULTS.write_text(json.dumps(content, indent=2) + "\n")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["work", profile, steps, begin]:
            work(profile, int(steps), float(begin))
        case ["read", profile, begin]:
            read(profile, float(begin))
        case _:
            main()
