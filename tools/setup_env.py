"""Make the virtual environment `.venv`: pinned packages, torch, and the course's own package.

`make` calls this before everything else; when nothing has changed it returns at once. What is
there and runs is never touched: see `setup_store.py`.

    python tools/setup_env.py                  keep an environment of any Python that will do
    python tools/setup_env.py --this-python    keep it only if it is of this Python's version

The file is written so that an old Python can read it too, and say in one sentence that it is
too old.
"""

import hashlib
import os
import shutil
import subprocess
import sys

import setup_store as store

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
    if runs(store.VENV):
        sentence += " The environment of before is untouched: .venv/bin/python still runs."
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


def base_hash(version):
    """Return a hash of what an environment stands on: the version of Python, and the folder."""
    return hashlib.sha256("{0} {1!r}".format(tuple(version), store.ROOT).encode()).hexdigest()


def content_hash():
    """Return a hash of what is installed in an environment."""
    content = hashlib.sha256()
    for name in INPUTS:
        with open(os.path.join(store.ROOT, name), "rb") as file:
            text = file.read()
        content.update(packaging(text) if name == "pyproject.toml" else text)
    return content.hexdigest()


def packaging(text):
    """Return pyproject.toml without the settings of tools: they install nothing."""
    kept, lines = True, []
    for line in text.splitlines(True):
        if line.startswith(b"["):
            kept = not line.startswith(b"[tool.") or line.startswith(b"[tool.setuptools")
        if kept:
            lines.append(line)
    return b"".join(lines)


def runs(environment):
    """Whether an environment is complete, and runs on the Python that it was made for."""
    version = version_of_complete(environment)
    return version is not None and store.read_stamp(environment)[0] == base_hash(version)


def version_of_complete(environment):
    return store.version_of(environment) if store.read_stamp(environment) else None


def fits(environment, exactly=None):
    """Whether an environment runs and is up to date; on one version of Python, if it is given."""
    version = version_of_complete(environment)
    if version is None or not OLDEST <= version <= NEWEST or exactly not in (None, version):
        return False
    return store.read_stamp(environment) == [base_hash(version), content_hash()]


def run(what, command):
    """Run one step; end in one clear sentence if it fails."""
    say(what)
    quiet = dict(os.environ, PYTHONWARNINGS="ignore")  # a build tool's words to its maintainers
    process = subprocess.Popen(
        command, cwd=store.ROOT, env=quiet, stderr=subprocess.PIPE, universal_newlines=True
    )
    errors = process.communicate()[1]
    if process.returncode == 0:
        return
    if "No space left" in errors:
        stop("the disk is full; set-up needs about 2 GB, so free some and call make again.")
    if any(sign in errors for sign in NETWORK_SIGNS):
        stop(
            "the package registry could not be reached; set-up needs the network once, so "
            "connect (or set PIP_PROXY or PIP_INDEX_URL for your network) and call make again."
        )
    sys.stderr.write(errors)
    stop("the step '" + what + "' failed; the lines above say why, and make may be called again.")


def build(environment):
    """Make a complete environment, or leave nothing of it."""
    # Called from within an environment, sys.executable is in the one that will be removed.
    base = getattr(sys, "_base_executable", None) or sys.executable
    pip = [store.python_of(environment), "-m", "pip", "install", "--disable-pip-version-check"]
    pip += ["--retries=2"] + ([] if sys.stdout.isatty() else ["--quiet"])  # no progress bars
    try:
        run("creating .venv", [base, "-m", "venv", "--prompt", "course", environment])
        run(
            "installing the pinned packages (about 200, a minute or two)",
            pip + ["--require-hashes", "-r", "requirements/lock.txt"],
        )
        run("installing torch", pip + ["-r", "requirements/torch.txt"])
        run(
            "installing course_pkg, the course's own package",
            pip + ["--no-deps", "--no-build-isolation", "-e", "."],
        )
        store.write_stamp(environment, [base_hash(sys.version_info[:2]), content_hash()])
    except BaseException:
        shutil.rmtree(environment, ignore_errors=True)
        raise


def main(arguments=()):
    exactly = sys.version_info[:2] if "--this-python" in arguments else None
    if fits(store.VENV, exactly):
        return
    check_python()
    held = store.lock()
    if not fits(store.VENV, exactly):  # else another set-up was at work
        ready = [path for path in store.environments() if fits(path, exactly)]
        if not ready:  # else one was killed at its last step
            store.remove_unused()
            ready = [store.free_path(os.path.join(store.STORE, ""))]
            build(ready[0])
        store.use(ready[0])
        say("done")
    held.close()


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        stop("stopped before it was complete; call make again.")
    except OSError as problem:
        stop("the course's folder must be writable, with 2 GB free: {0}.".format(problem))
