#!/usr/bin/env bash
# All tests, from a bare Debian 12: style, types, shell scripts, and pytest with the real codes and with servers.
set -euo pipefail

ROOT="$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)"
STEPS=4
# shellcheck source=setup/lib.sh
source "$ROOT/setup/lib.sh"

usage() {
    cat <<'END'
Usage: ./setup/test.sh [--fast]

  --fast   only tests that require no compute code and no server: some minutes instead of up to an hour
  --help   this text

Of the tests with servers it runs those of ./setup/test-hpc.sh --fast. ./setup/test-hpc.sh runs all.
END
}

fast=""
case "${1:-}" in
"") ;;
--fast) fast=yes ;;
-h | --help)
    usage
    exit 0
    ;;
*) stop "Unknown option: $1" "$(usage)" ;;
esac
[ $# -le 1 ] || stop "Too many options: $*" "$(usage)"

# Run one checker. Failures are counted and reported at the end, so that one run shows all of them.
failed=()
check() {
    local name="$1"
    shift
    if "$@"; then note "$name: clean"; else
        note "$name: see above"
        failed+=("$name")
    fi
}

install_all
cd -- "$ROOT"

step "Style, types, shell scripts"
check "ruff check" ruff check --quiet .
check "ruff format" ruff format --check --quiet .
check "mypy" env MYPYPATH=src mypy --no-error-summary -p aiida_zif
if command -v shellcheck >/dev/null; then
    check "shellcheck" shellcheck -x setup/*.sh .ci/run
else
    note "shellcheck: not installed, skipped (apt-get install shellcheck)"
fi

step "Tests"
export AIIDA_PATH="$ROOT/.aiida/tests" # no test ever opens the demo's profile
mkdir -p "$AIIDA_PATH"
# Both cores are used, each file on one of them, for what is set up for a file costs more than its tests. Most tests
# with the real codes give them one core, too; the campaign takes all that there is.
two=(-n 2 --dist loadfile)
campaign=tests/workflows/active_learning/test_whole_campaign.py
check "tests without codes" python -m pytest -m "not codes and not slow" "${two[@]}"
if [ -z "$fast" ]; then
    check "tests with stand-in codes" python -m pytest -m "slow and not codes and not hpc" "${two[@]}"
    check "tests with the real codes" python -m pytest -m "codes and not hpc and not exhaustive" "${two[@]}" \
        --ignore "$campaign"
    check "a campaign with the real codes" python -m pytest "$campaign"
    check "tests with servers" ./setup/test-hpc.sh --fast
fi
[ "${#failed[@]}" -eq 0 ] || {
    printf 'FAILED: %s\n' "${failed[@]}"
    exit 1
}
