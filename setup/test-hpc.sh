#!/usr/bin/env bash
# Tests that require servers: PostgreSQL, SSH and Slurm, started on loopback for the duration of the tests.
set -euo pipefail

ROOT="$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)"
STEPS=4
# shellcheck source=setup/lib.sh
source "$ROOT/setup/lib.sh"

usage() {
    cat <<'END_OF_USAGE'
Usage: ./setup/test-hpc.sh [--fast]

Installs missing servers (Debian packages, not started as services), starts its own on loopback in temporary folders,
runs the tests marked hpc, and stops all servers at the end, also after a failure.

  --fast   some minutes: without the compute codes, and without the campaign with all faults of a cluster
  --help   this text
END_OF_USAGE
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

# Packages whose programs cannot be found, whoever installed them.
missing_servers() {
    local program package PATH="$PATH:/usr/sbin:/sbin"
    while read -r program package; do
        command -v "$program" >/dev/null || printf '%s\n' "$package"
    done <<'END_OF_LIST' | sort -u
sshd openssh-server
ssh-keygen openssh-client
munged munge
slurmctld slurm-wlm
slurmd slurm-wlm
setpriv util-linux
END_OF_LIST
    compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null || echo postgresql
}

# Debian starts a service when it is installed, unless this file forbids it; an existing file is not changed.
without_services() (
    policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then
        trap '"${apt[@]}" rm -f "$policy"' EXIT
        # shellcheck disable=SC2016 # for the other shell
        "${apt[@]}" sh -c 'printf "#!/bin/sh\nexit 101\n" >"$1" && chmod 755 "$1"' sh "$policy"
    fi
    "$@"
)

# A server that cannot be installed is named with the reason; the tests that require it then fail with its name.
install_servers() {
    step "Servers"
    local servers apt log="$LOGS/apt-hpc.log"
    mapfile -t servers < <(missing_servers)
    if [ "${#servers[@]}" -eq 0 ]; then
        note "nothing to install"
        return
    fi
    command -v apt-get >/dev/null || stop "Missing: ${servers[*]}, and this system has no apt-get." "Fix: install them."
    apt="$(as_root)" || stop "Only root may install ${servers[*]}." "Fix: sudo apt-get install ${servers[*]}"
    read -r -a apt <<<"$apt"
    note "installing ${servers[*]}"
    (logged "$log" "${apt[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q update) || true
    if ! without_services logged "$log" "${apt[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get -q install -y --no-install-recommends "${servers[@]}"; then
        note "some packages could not be installed, see $log; continuing without them"
    fi
}

install_all
install_servers
cd -- "$ROOT"

step "Tests with servers"
export AIIDA_PATH="$ROOT/.aiida/tests" AIIDA_ZIF_HPC=yes # no test is skipped if a server is missing
mkdir -p "$AIIDA_PATH"
sweep() { python tests/hpc/leftovers.py | sed 's/^/      /'; }
trap sweep EXIT
# Short tests run on both cores, each file with its own servers; tests with codes and long campaigns run one by one.
failed=0
python -m pytest tests/hpc -m "hpc and not codes and not long" -n 2 --dist loadfile || failed=1
if [ -z "$fast" ]; then
    python -m pytest tests/hpc -m "hpc and (codes or long)" || failed=1
fi
[ "$failed" -eq 0 ]
