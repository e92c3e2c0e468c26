"""Make the virtual environment `.venv`: pinned packages, torch, and the course's own package.

`make` calls this before everything else; when nothing has changed it returns at once. It is
written so that an old Python can read it too, and say in one sentence that it is too old.
"""

import hashlib
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
STAMP = os.path.join(VENV, "set-up-is-complete")
PYTHON = os.path.join(VENV, "bin", "python")
INPUTS = ("pyproject.toml", "requirements/lock.txt", "requirements/torch.txt")
OLDEST, NEWEST = (3, 11), (3, 13)

NETWORK_SIGNS = (
    "NewConnectionError",
    "Failed to establish a new connection",
    "ConnectTimeoutError",
    "Connection to ",
    "name resolution",
    "ProxyError",
    "Could not fetch URL",
    "ReadTimeoutError",
    "timed out",
)


def say(what):
    sys.stdout.write("set-up: " + what + "\n")
    sys.stdout.flush()


def stop(sentence):
    sys.stderr.write("\nset-up: " + sentence + "\n")
    sys.exit(1)


def check_python():
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        stop(
            "Python 3.11, 3.12 or 3.13 is needed, but {0} is {1}.{2}; install one of them and "
            "call make PYTHON=/path/to/it.".format(
                sys.executable, sys.version_info[0], sys.version_info[1]
            )
        )
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        stop(
            "this Python has no venv module; on Debian or Ubuntu install it with "
            "'sudo apt-get install python{0}.{1}-venv', then call make again.".format(
                sys.version_info[0], sys.version_info[1]
            )
        )


def wanted_stamp():
    """Two hashes: of what the environment stands on, and of what is installed in it."""
    base = hashlib.sha256((sys.version + ROOT).encode())  # an environment cannot be moved
    content = hashlib.sha256()
    for name in INPUTS:
        with open(os.path.join(ROOT, name), "rb") as file:
            content.update(file.read())
    return [base.hexdigest(), content.hexdigest()]


def stamp():
    try:
        with open(STAMP) as file:
            return file.read().split()
    except OSError:
        return []  # never finished


def run(what, command):
    """Run one step; show its output, and end in one clear sentence if it fails."""
    say(what)
    quiet = dict(os.environ, PYTHONWARNINGS="ignore")  # a build tool's words to its maintainers
    process = subprocess.Popen(command, cwd=ROOT, env=quiet, stderr=subprocess.PIPE, text=True)
    errors = []
    for line in process.stderr:
        sys.stderr.write(line)
        errors.append(line)
    if process.wait() == 0:
        return
    text = "".join(errors)
    if any(sign in text for sign in NETWORK_SIGNS):
        stop(
            "the package registry could not be reached; set-up needs the network once, so "
            "connect (or set PIP_PROXY or PIP_INDEX_URL for your network) and call make again."
        )
    if "No space left" in text:
        stop("the disk is full; set-up needs about 2 GB, so free some and call make again.")
    stop("the step '" + what + "' failed; the lines above say why, and make may be called again.")


def main():
    check_python()
    wanted, found = wanted_stamp(), stamp()
    if found == wanted:
        return
    pip = [PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "--quiet", "--retries=2"]
    if sys.stdout.isatty():
        pip.remove("--quiet")  # pip's own progress bars
    if found[:1] != wanted[:1]:
        # Called from within .venv, sys.executable is what is about to be deleted.
        base = getattr(sys, "_base_executable", None) or sys.executable
        run("creating .venv", [base, "-m", "venv", "--clear", VENV])
    run(
        "installing the pinned packages (about 200, a minute or two)",
        pip + ["--require-hashes", "-r", "requirements/lock.txt"],
    )
    run("installing torch", pip + ["-r", "requirements/torch.txt"])
    run(
        "installing course_pkg, the course's own package",
        pip + ["--no-deps", "--no-build-isolation", "-e", "."],
    )
    with open(STAMP + ".part", "w") as file:
        file.write("\n".join(wanted))
    os.replace(STAMP + ".part", STAMP)
    say("done")


if __name__ == "__main__":
    main()
