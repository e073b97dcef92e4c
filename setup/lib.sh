# shellcheck shell=bash
# Shared by demo.sh and test.sh: from a bare Debian 12 to a Python environment with everything in it.
# Sourced, never run. Needs ROOT (the checkout) and STEPS (how many steps the caller counts).

VENV="$ROOT/.venv"
: "${STEPS:?is set by the script that sources this one}"
STEP=0

say() { printf '%s\n' "$*"; }
note() { printf '      %s\n' "$*"; }

step() {
    STEP=$((STEP + 1))
    printf '[%d/%d] %s\n' "$STEP" "$STEPS" "$*"
}

# Leave with exit code 2: something that the user has to fix.
stop() {
    printf '%s\n' "$@" >&2
    exit 2
}

installed() {
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# Print the Debian packages that are missing.
missing_packages() {
    local package wanted=()
    if [ -z "${AIIDA_ZIF_CP2K:-}" ]; then
        # of OpenBLAS the build that threads may call: with the serial one CP2K's threads give wrong energies
        wanted+=(cp2k cp2k-data libopenblas0-openmp openmpi-bin)
    fi
    if [ ! -x "$VENV/bin/python" ] && ! "$PYTHON" -c 'import ensurepip, venv' 2>/dev/null; then
        wanted+=(python3-venv)
    fi
    for package in "${wanted[@]}"; do
        installed "$package" || printf '%s\n' "$package"
    done
}

# Print the command that runs another one as root; fail if that requires a password.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        echo env
    elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        echo "sudo -n"
    else
        return 1
    fi
}

# Choose the Python; stop before anything is changed if a requirement is missing.
check_requirements() {
    PYTHON="${PYTHON:-python3}"
    local packages
    command -v "$PYTHON" >/dev/null ||
        stop "Python is missing." "Fix: apt-get install python3 python3-venv, or set PYTHON to a Python 3.10 or later."
    "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 10))' ||
        stop "$PYTHON is $("$PYTHON" --version 2>&1), needed is 3.10 or later." "Fix: set PYTHON to a later one."
    case "$ROOT" in
    *:*) stop "The path of the checkout holds a colon: $ROOT" "AiiDA and PATH do not support that. Fix: rename the folder." ;;
    esac
    mapfile -t MISSING < <(missing_packages)
    [ "${#MISSING[@]}" -eq 0 ] && return
    packages="${MISSING[*]}"
    command -v apt-get >/dev/null ||
        stop "These Debian packages are missing, and this system has no apt-get: $packages" \
            "Fix: install CP2K by other means and set AIIDA_ZIF_CP2K to its executable."
    AS_ROOT="$(as_root)" ||
        stop "These Debian packages are missing, and only root may install them: $packages" \
            "Fix: sudo apt-get install $packages" \
            "     or set AIIDA_ZIF_CP2K to another CP2K executable. Nothing was changed."
}

install_packages() {
    step "System packages"
    if [ "${#MISSING[@]}" -eq 0 ]; then
        note "nothing to install"
        return
    fi
    note "installing ${MISSING[*]}"
    local apt
    read -r -a apt <<<"$AS_ROOT"
    apt+=(env DEBIAN_FRONTEND=noninteractive apt-get -q)
    logged "$LOGS/apt.log" "${apt[@]}" update
    logged "$LOGS/apt.log" "${apt[@]}" install -y --no-install-recommends "${MISSING[@]}"
}

# Run a command with its output in a log file; print a line every 20 s; print the end of the log if it fails.
logged() {
    local log="$1" begin=$SECONDS said=$SECONDS pid code=0
    shift
    printf '$ %s\n' "$*" >>"$log"
    "$@" >>"$log" 2>&1 &
    pid=$!
    while kill -0 "$pid" 2>/dev/null; do
        sleep 0.2
        if [ $((SECONDS - said)) -ge 20 ]; then
            said=$SECONDS
            note "$((SECONDS - begin)) s: $(tail -n 1 "$log" | cut -c 1-60)"
        fi
    done
    wait "$pid" || code=$?
    [ "$code" -eq 0 ] && return
    tail -n 20 "$log" >&2
    printf 'Failed (exit code %d): %s\nLog file: %s\n' "$code" "$*" "$log" >&2
    exit "$code"
}

# What an environment is built from; the first line decides whether it can be updated in place.
stamp() {
    printf '%s %s\n' "$VENV" "$("$PYTHON" --version 2>&1)"
    sha256sum <"$ROOT/pyproject.toml"
}

install_environment() {
    step "Python environment"
    local mark="$VENV/aiida-zif.stamp" begin=$SECONDS
    if [ "$(cat "$mark" 2>/dev/null)" = "$(stamp)" ] && "$VENV/bin/python" -c 'import aiida_zif.setup' 2>/dev/null; then
        note "up to date"
        return
    fi
    if [ "$(head -n 1 "$mark" 2>/dev/null)" != "$(stamp | head -n 1)" ] && ! works "$VENV"; then
        note "making .venv"
        logged "$LOGS/pip.log" "$PYTHON" -m venv --clear "$VENV"
    fi
    rm -f "$mark"
    note "installing aiida-zif with its codes and tests; 3 GB, several minutes the first time"
    logged "$LOGS/pip.log" "$VENV/bin/python" -m pip install --disable-pip-version-check --no-input -e "${ROOT}[codes,tests]"
    stamp >"$mark"
    note "done in $((SECONDS - begin)) s"
}

# Whether an environment is usable: complete, and not moved.
works() {
    [ "$("$1/bin/python" -c 'import sys, pip; print(sys.prefix)' 2>/dev/null)" = "$1" ] &&
        [ "$(head -n 1 "$1/bin/pip" 2>/dev/null | cut -c 1-2)" = '#!' ] && grep -qF "$1/bin/python" "$1/bin/pip"
}

# In the activated environment verdi uses the profile of this checkout, as aiida-zif does: a new shell must never create
# ~/.aiida. AIIDA_PATH has precedence if it is set, and so has a profile in ~/.aiida while the checkout has none.
lead_verdi_here() {
    local script="$VENV/bin/activate" here back line
    if [ ! -f "$script" ] || grep -q _AIIDA_ZIF_PATH "$script"; then return; fi
    here="$(printf '%q' "$ROOT")"
    # shellcheck disable=SC2016 # for the shell that activates
    back='    if [ -n "${_AIIDA_ZIF_PATH:-}" ]; then
        if [ "${AIIDA_PATH:-}" = "$_AIIDA_ZIF_PATH" ]; then unset AIIDA_PATH; fi
        unset _AIIDA_ZIF_PATH
    fi'
    while IFS= read -r line; do
        printf '%s\n' "$line"
        case "$line" in "deactivate ()"*) printf '%s\n' "$back" ;; esac
    done <"$script" >"$script.new"
    cat >>"$script.new" <<END
if [ -z "\${AIIDA_PATH:-}" ] && { [ -f $here/.aiida/config.json ] || [ ! -f "\$HOME/.aiida/config.json" ]; }; then
    _AIIDA_ZIF_PATH=$here
    AIIDA_PATH=\$_AIIDA_ZIF_PATH
    export AIIDA_PATH
fi
END
    mv -f "$script.new" "$script"
}

# Install packages and environment, one process at a time; then set the variables that later commands require.
install_all() {
    check_requirements
    LOGS="$ROOT/.aiida/setup"
    mkdir -p "$LOGS"
    chmod 700 "$ROOT/.aiida"
    exec 9<"$ROOT"
    flock 9
    install_packages
    install_environment
    lead_verdi_here
    exec 9<&- # not to be inherited by the daemon
    export PATH="$VENV/bin:$PATH"
    export AIIDA_PATH="$ROOT"
    unset AIIDA_PROFILE PYTHONPATH
}
