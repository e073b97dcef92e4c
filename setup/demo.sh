#!/usr/bin/env bash
# Active learning of ZIF-4 with CP2K, DeePMD-kit and LAMMPS, from a bare Debian 12 to a force field.
set -euo pipefail

ROOT="$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)"
STEPS=4
# shellcheck source=setup/lib.sh
source "$ROOT/setup/lib.sh"

usage() {
    cat <<'END'
Usage: ./setup/demo.sh [--glass] [--fresh] [--dir DIR] [--seed N]

Installs missing packages, makes an AiiDA profile in this checkout, and runs examples/zif4-demo.yaml.
It takes 8 to 20 minutes on two cores, without downloads. After an interruption, run it again to continue.

  --glass     then melt and quench ZIF-4 with the force field of the demo (examples/zif4-glass-demo.yaml); this shows
              the path: a quench of 600 K/ps makes no glass, and this force field is not for use
  --fresh     start a new campaign and compute all its labels
  --dir DIR   folder for summary.json and report.html (default: demo/ in the checkout)
  --seed N    seed to use instead of that of the campaign file
  --help      this text

Set AIIDA_ZIF_CP2K, AIIDA_ZIF_DP or AIIDA_ZIF_LMP to use other executables.
Example: ./setup/demo.sh --fresh --seed 7 --dir results
END
}

directory="$ROOT/demo"
options=()
glass=""
fresh=()
while [ $# -gt 0 ]; do
    case "$1" in
    --glass) glass=yes STEPS=5 ;;
    --fresh) options+=(--fresh --no-reuse) fresh=(--fresh) ;; # a demo computes what it shows
    --dir | --seed)
        [ -n "${2:-}" ] || stop "$1 needs a value." "$(usage)"
        if [ "$1" = --dir ]; then directory="$2"; else options+=(--seed "$2"); fi
        shift
        ;;
    --dir=*) directory="${1#*=}" ;;
    --seed=*) options+=(--seed "${1#*=}") ;;
    -h | --help)
        usage
        exit 0
        ;;
    *) stop "Unknown option: $1" "$(usage)" ;;
    esac
    shift
done
directory="$(realpath -m -- "$directory")"

install_all

step "AiiDA profile and codes"
python -m aiida_zif.setup.profile | sed 's/^/      /'
note "to use verdi in any shell: source $(printf '%q' "$VENV/bin/activate")"

step "Campaign examples/zif4-demo.yaml, results in $directory"
cd -- "$ROOT"
code=0
aiida-zif run examples/zif4-demo.yaml --dir "$directory" "${options[@]}" || code=$?
if [ -n "$glass" ] && [ "$code" -eq 0 ]; then
    step "Study examples/zif4-glass-demo.yaml, results in $directory/glass"
    note "it shows the path from a committee to a glass; what a quench of 600 K/ps makes is no glass"
    aiida-zif run examples/zif4-glass-demo.yaml --dir "$directory/glass" "${fresh[@]}" || code=$?
fi
if [ "$code" -ne 130 ]; then # after Ctrl-C it continues in the daemon
    aiida-zif daemon stop | sed 's/^/      /'
fi
exit "$code"
