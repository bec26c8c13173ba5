#!/bin/sh
# Makes .venv and installs requirements, each only when needed. `deploy/venv.sh dev` adds what tests need; what browsers
# need to draw on maps may be missing, but for `deploy/venv.sh draw`.
set -eu
cd "$(dirname "$0")/.."
wanted=requirements.txt
[ "${1:-}" = dev ] && wanted=requirements-dev.txt

# Two starts from one folder wait for each other.
exec 9<deploy/venv.sh
if command -v flock >/dev/null 2>&1; then flock 9; fi

fits() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1; }

if ! { fits .venv/bin/python && .venv/bin/python -m pip --version >/dev/null 2>&1; }; then
    python=
    for candidate in "${PYTHON:-}" python3.13 python3.12 python3.11 python3 python; do
        if [ -n "$candidate" ] && fits "$candidate" && "$candidate" -c 'import venv, ensurepip' >/dev/null 2>&1; then
            python=$candidate
            break
        fi
    done
    if [ -z "$python" ]; then
        echo "Belvedere needs Python 3.11, 3.12 or 3.13 with its venv module, and found none." >&2
        echo "Debian and Ubuntu: apt install python3 python3-venv. Elsewhere: python.org, or set PYTHON=/path/to/python." >&2
        exit 1
    fi
    echo "Making .venv with $("$python" --version)"
    "$python" -m venv --clear .venv
fi

.venv/bin/python - "$wanted" <<'PYTHON'
import hashlib, pathlib, subprocess, sys

def stamp(name):
    text = sys.version + "".join(pathlib.Path(n).read_text() for n in ("requirements.txt", name))
    return pathlib.Path(".venv") / f"installed-{name}", hashlib.sha256(text.encode()).hexdigest()

wanted = sys.argv[1]
path, content = stamp(wanted)
if not path.is_file() or path.read_text() != content:
    print(f"Installing {wanted}, once", flush=True)
    # Compiling every module of every package takes as long as the rest; Python does it for those that are imported.
    pip = [sys.executable, "-m", "pip", "install", "--no-compile", "--disable-pip-version-check", "-q", "-r", wanted]
    if subprocess.run(pip).returncode:
        sys.exit("The requirements could not be installed; the lines above say why. Try again with `make run`.")
    for name in {wanted, "requirements.txt"}:
        found, text = stamp(name)
        found.write_text(text)
PYTHON

.venv/bin/python -m services.maps.leaflet || [ "${1:-}" != draw ]
