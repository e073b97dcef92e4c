"""A watcher of ``dp train`` that ends it when the error on validation frames is flat (no AiiDA).

It is a shell script that looks at the learning curve after every checkpoint, so that nothing is lost when it ends the
training, and ``dp freeze`` goes on from that checkpoint. It watches long runs on an exponential learning rate only: on
a cosine, and early in any run, a flat error means no more than that the learning rate is still high.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SCRIPT = "watch.sh"
LOG = "watch.log"
STOPPED = "stopped_early"
"""File that holds the step at which the training was ended."""

LEAST_STEPS = 5000
"""Steps up to which nothing would be saved."""

POLL_S = 5
LOW_RATE = 0.01
"""Share of the first learning rate below which a flat error counts."""

WINDOW = 20
"""Rows of the learning curve that are compared with as many before them, a tenth of the run each."""

LEAST_GAIN = 0.01
"""Share by which energy or force error must have fallen from one window to the next to be still falling."""

CHECKS = 2
"""Checkpoints in a row at which the error must be flat."""

WATCH = """\
#!/bin/sh
# Ends `dp train` when the error on validation frames is flat; then `dp freeze` takes the last checkpoint.
# $1: the shell of the job, $2: seconds between two looks, $3: the folder of the member if there are several.
cd "${3:-.}" || exit 1
export INPUT=" ${3:+$3/}input.json"
seen=0
flat=0
while [ ! -e freeze.log ] && kill -0 "$1" 2>/dev/null; do
    sleep "$2"
    saved=$(grep -c 'saved checkpoint' train.log 2>/dev/null)
    [ "${saved:-0}" -gt "$seen" ] || continue
    seen=$saved
    step=$(awk '
        $1 == "#" && $2 == "step" { for (i = 2; i <= NF; i++) column[$i] = i - 1; next }
        /^#/ { next }
        {
            rate[++n] = $column["lr"]; force[n] = $column["rmse_f_val"]; energy[n] = $column["rmse_e_val"]
            step = $1
        }
        function falls(error,    i, now, before) {
            for (i = n - WINDOW + 1; i <= n; i++) {
                now += log(error[i] + 1e-12)
                before += log(error[i - WINDOW] + 1e-12)
            }
            return (now - before) / WINDOW < log(1 - LEAST_GAIN)
        }
        END {
            if (n < 2 * WINDOW || !("rmse_f_val" in column) || rate[n] > LOW_RATE * rate[1]) exit
            if (!falls(force) && !falls(energy)) print step
        }' lcurve.out)
    if [ -z "$step" ]; then flat=0; continue; fi
    flat=$((flat + 1))
    [ "$flat" -ge CHECKS ] || continue
    COLUMNS=10000 ps -A -o pid= -o ppid= -o args= | awk -v shell="$1" '
        { parent[$1] = $2; if (index($0, " train ") && index($0, ENVIRON["INPUT"])) found[$1] }
        END { for (pid in found) { for (p = pid; p > 1 && p != shell; p = parent[p]); if (p == shell) print pid } }
    ' > training.pid
    [ -s training.pid ] || exit 0
    echo "$step" > STOPPED_FILE
    echo "the error on validation frames is flat at step $step"
    while read -r pid; do kill -TERM "$pid"; done < training.pid
    exit 0
done
"""


def watch_script() -> str:
    """Return the watcher; it holds no input of a user."""
    text = WATCH.replace("STOPPED_FILE", STOPPED)
    for name, value in (("WINDOW", WINDOW), ("LEAST_GAIN", LEAST_GAIN), ("LOW_RATE", LOW_RATE), ("CHECKS", CHECKS)):
        text = text.replace(name, str(value))
    return text


def start_line(folder: str = "") -> str:
    """Return the shell line that starts the watcher beside what follows it.

    :param folder: of the member that is watched; empty if the job trains no other.
    """
    where = f"{POLL_S} {folder} > {folder}/{LOG}" if folder else f"{POLL_S} > {LOG}"
    return f'sh {SCRIPT} "$$" {where} 2>&1 &'


def applies(parameters: Mapping[str, Any]) -> bool:
    """Whether a training is one whose end a flat error may bring forward.

    :param parameters: input.json.
    """
    exponential = parameters.get("learning_rate", {}).get("type", "exp") == "exp"
    return exponential and int(parameters["training"]["numb_steps"]) > LEAST_STEPS
