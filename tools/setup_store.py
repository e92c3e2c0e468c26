"""The folder `.venvs/` of virtual environments, and the link `.venv` to the one in use.

A new environment is built beside the one in use, and the link is turned to it when it is
complete. So whatever comes in between (no network, a full disk, Ctrl+C, a power cut), the one of
before still runs. None is moved to its place: the scripts in its `bin/` name the path that they
were installed under.

Like `setup_env.py`, an old Python can read this file.
"""

import os
import re
import shutil
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
VENV = os.path.join(ROOT, ".venv")
STORE = os.path.join(ROOT, ".venvs")
STAMP = "set-up-is-complete"  # a file in an environment, written last


def python_of(environment):
    return os.path.join(environment, "bin", "python")


def version_of(environment):
    """Return the Python of an environment, such as (3, 11), or None where it does not run."""
    show = "import sys; print(sys.version_info[0], sys.version_info[1])"
    try:
        found = subprocess.check_output([python_of(environment), "-I", "-c", show])
        return tuple(int(part) for part in found.split())
    except (OSError, ValueError, subprocess.CalledProcessError):
        return None


def read_stamp(environment):
    try:
        with open(os.path.join(environment, STAMP)) as file:
            return file.read().split()
    except OSError:
        return []  # not there, never finished, or not ours


def write_stamp(environment, words):
    path = os.path.join(environment, STAMP)
    with open(path + ".part", "w") as file:
        file.write("\n".join(words))
    os.rename(path + ".part", path)


def lock():
    """Wait until no other set-up is at work here; the lock goes with the process."""
    import fcntl

    if not os.path.isdir(STORE):
        os.mkdir(STORE)
    file = open(os.path.join(STORE, "lock"), "w")  # noqa: SIM115
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        print("set-up: another set-up is at work in this folder; waiting for it")
        fcntl.flock(file, fcntl.LOCK_EX)
    return file


def environments():
    """Return the folders in the store, complete or not."""
    paths = [os.path.join(STORE, name) for name in sorted(os.listdir(STORE))]
    return [path for path in paths if os.path.isdir(path)]


def free_path(start):
    """Return the first of start1, start2, ... that is not there."""
    number = 1
    while os.path.lexists(start + str(number)):
        number += 1
    return start + str(number)


def use(environment):
    """Let `.venv` lead to an environment, in one step, and remove the others."""
    if os.path.lexists(VENV) and not os.path.realpath(VENV).startswith(STORE + os.sep):
        _put_aside()
    link = os.path.join(STORE, "link")
    if os.path.lexists(link):
        os.remove(link)
    os.symlink(os.path.relpath(environment, ROOT), link)
    os.rename(link, VENV)
    remove_unused()


def _put_aside():
    """Make room for the link: what an older set-up made may go, what a person made is kept."""
    if read_stamp(VENV) and not os.path.islink(VENV):
        os.rename(VENV, free_path(os.path.join(STORE, "before-")))
        return
    aside = free_path(VENV + ".before-")
    os.rename(VENV, aside)
    print(
        "set-up: the .venv that was here was no complete set-up of this course; it is now {0}, "
        "to be deleted when you do not need it".format(os.path.basename(aside))
    )


def remove_unused():
    """Remove what is no longer used, or was never finished; what a person put there stays."""
    used = os.path.realpath(VENV)
    for path in environments():
        ours = re.match("(before-)?[0-9]+$", os.path.basename(path))
        if ours and os.path.realpath(path) != used:
            shutil.rmtree(path, ignore_errors=True)
