#!/usr/bin/env bash
# Active learning of ZIF-4 with CP2K, DeePMD-kit and LAMMPS, from a bare Debian 12 to a force field.
set -euo pipefail

ROOT="$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)"
STEPS=4
# shellcheck source=setup/lib.sh
source "$ROOT/setup/lib.sh"

usage() {
    cat <<'END'
Usage: ./setup/demo.sh [--fresh] [--dir DIR] [--seed N]

Installs what is missing, makes an AiiDA profile inside this checkout, and runs examples/zif4-demo.yaml:
about 20 minutes on two cores, downloads excluded. Run it again to go on after an interruption.

  --fresh     start a new campaign, and compute every label of it anew
  --dir DIR   where summary.json and report.html go (default: demo/ in the checkout)
  --seed N    another seed than the one in the campaign file
  --help      this text

AIIDA_ZIF_CP2K, AIIDA_ZIF_DP, AIIDA_ZIF_LMP name executables of your own.
Example: ./setup/demo.sh --fresh --seed 7 --dir results
END
}

directory="$ROOT/demo"
options=()
while [ $# -gt 0 ]; do
    case "$1" in
    --fresh) options+=(--fresh --no-reuse) ;; # a demo computes what it shows
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
note "to look around with verdi, in any shell: source $(printf '%q' "$VENV/bin/activate")"

step "Campaign examples/zif4-demo.yaml, results in $directory"
cd -- "$ROOT"
code=0
aiida-zif run examples/zif4-demo.yaml --dir "$directory" "${options[@]}" || code=$?
if [ "$code" -ne 130 ]; then # after Ctrl-C the campaign goes on in the daemon
    aiida-zif daemon stop | sed 's/^/      /'
fi
exit "$code"
