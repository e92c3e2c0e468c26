"""Try the README's commands where courses break: odd paths, no home, no network, another Python.

    python tools/try_odd_places.py FOLDER [--keep] [--course UNPACKED]

This is for maintainers, before a release. It takes about ten minutes on an idle machine, and needs
the network once. It packs the course as a visitor of the site gets it, unpacks it below FOLDER in a
path with spaces and Chinese characters, kills the first set-up half-way, and then goes through the
places, one line each. The exit status is 1 if a command failed in one of them. With `--course` it
goes through the places in a course that is unpacked and set up already.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from downloads import make_zip

Environment = dict[str, str]

# In a network of its own, even this machine is out of reach until its own interface is up.
OFFLINE = ("unshare", "--net", "--map-root-user")
LOOPBACK = """
import fcntl, os, socket, struct, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
    fcntl.ioctl(one, 0x8914, struct.pack("16sh", b"lo", 0x1 | 0x40))  # SIOCSIFFLAGS: up, running
os.execvp(sys.argv[1], sys.argv[1:])
"""
# What a learner's first cell does, in the kernel that JupyterLab would start.
KERNEL = """
from jupyter_client.manager import run_kernel
said = []
with run_kernel(kernel_name="python3") as kernel:
    reply = kernel.execute_interactive(
        "import course_pkg, torch, sys; print(sys.prefix, torch.ones(2).sum().item())",
        timeout=120,
        output_hook=lambda message: said.append(message["content"].get("text", "")),
    )
assert reply["content"]["status"] == "ok", reply
print("".join(said))
"""


class FailedError(Exception):
    """A command did not do what the README says."""


def usual() -> Environment:
    """Return this environment, without what the tests and make put there."""
    dropped = ("PYTHON", "MAKE", "JUPYTER", "VIRTUAL_ENV", "MFLAGS", "COURSE_", "OMP_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    if sys.prefix != sys.base_prefix:  # called with the Python of a .venv, which comes first then
        mine = str(Path(sys.prefix) / "bin")
        kept["PATH"] = os.pathsep.join(p for p in kept["PATH"].split(os.pathsep) if p != mine)
    return kept


def run(course: Path, words: list[str], env: Environment, *, seconds: int = 900) -> str:
    """Run a command to its end and return what it says."""
    try:
        done = subprocess.run(
            words,
            cwd=course,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise FailedError(f"{' '.join(words[-3:])}: not done in {seconds} s") from None
    if done.returncode:
        raise FailedError(f"{' '.join(words[-3:])}: {done.stdout.strip()[-600:]}")
    return done.stdout


@contextlib.contextmanager
def started(course: Path, words: list[str], env: Environment) -> Iterator[subprocess.Popen[bytes]]:
    """Start a command with all its children in a group, and end the group."""
    process = subprocess.Popen(
        words,
        cwd=course,
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=20)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def interrupt_set_up(course: Path, env: Environment) -> None:
    """Kill the first set-up while it installs packages; what is half-done may not be in use."""
    with started(course, ["make", "setup"], env) as process:
        time.sleep(25)
        if process.poll() is not None:
            raise FailedError("make setup was over before it could be interrupted")
        os.killpg(process.pid, signal.SIGKILL)
    if os.path.lexists(course / ".venv"):
        raise FailedError("a set-up that was killed left a .venv")


def check_set_up(course: Path, env: Environment, before: tuple[str, ...] = ()) -> None:
    """A complete environment is kept: set-up says nothing, and `make doctor` has no complaint."""
    used = (course / ".venv").readlink()
    said = run(course, [*before, "make", "setup"], env, seconds=60)
    if said or (course / ".venv").readlink() != used:
        raise FailedError(f"make setup: expected to find all done, got {said!r}")
    run(course, [*before, "make", "doctor"], env)


def answer(address: str) -> str:
    """Return what a server says to a request with our token."""
    request = urllib.request.Request(address, headers={"Authorization": "token odd"})
    with urllib.request.urlopen(request, timeout=5) as reply:
        text: str = reply.read().decode()
    return text


def check_lab(course: Path, env: Environment, before: tuple[str, ...] = ()) -> None:
    """JupyterLab opens on copies of the exercises, and a kernel finds the package."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    words = f"--no-browser --allow-root --port={port} --ServerApp.token=odd"
    with started(course, [*before, "make", "lab", f"ARGS={words}"], env) as process:
        copies = None
        for _ in range(300):
            time.sleep(1)
            if process.poll() is not None:
                raise FailedError("make lab: ended by itself")
            # A server in another network does not answer: its copies and its record must do.
            if before:
                copies = list((course / "work").glob("*.ipynb")) if port_file(env, port) else None
            else:
                with contextlib.suppress(OSError):
                    address = f"http://127.0.0.1:{port}/api/contents/work"
                    copies = json.loads(answer(address))["content"]
            if copies is not None:
                break
        if not copies or len(copies) < 9:
            raise FailedError(f"make lab: expected the exercises in work/, got {copies}")
    python = str(course / ".venv" / "bin" / "python")
    said = run(course, [*before, python, "-c", KERNEL], {**env, "JUPYTER_PREFER_ENV_PATH": "1"})
    if str(course / ".venv") not in said:
        raise FailedError(f"the kernel: expected the Python of .venv, got {said!r}")


def port_file(env: Environment, port: int) -> bool:
    """Whether a JupyterLab on this port has written down, at home, that it runs."""
    folder = Path(env["HOME"]) / ".local" / "share" / "jupyter" / "runtime"
    return any(f'"port": {port}' in path.read_text() for path in folder.glob("jpserver-*.json"))


def check_all(course: Path, env: Environment, before: tuple[str, ...] = ()) -> None:
    """Set-up is kept, JupyterLab opens, and the package's commands work."""
    check_set_up(course, env, before)
    check_lab(course, env, before)
    run(
        course, [*before, str(course / ".venv/bin/python"), "-m", "course_pkg", "data", "list"], env
    )


def other_pythons(course: Path) -> Iterator[Path]:
    """Yield the Pythons of this machine that are not the build that `.venv` was made from."""
    show = "import sys; print(sys.version)"
    mine = run(course, [str(course / ".venv/bin/python"), "-c", show], usual())
    for name in ("/usr/bin/python3", "/usr/local/bin/python3", "/opt/homebrew/bin/python3"):
        if Path(name).exists() and run(course, [name, "-c", show], usual()) != mine:
            yield Path(name)


def places(course: Path, scratch: Path) -> Iterator[tuple[str, Callable[[], None]]]:
    """Yield name and trial of each place."""
    env = usual()
    home = scratch / "home"
    home.mkdir()
    env["HOME"] = str(home)
    no_home = {name: value for name, value in env.items() if name not in ("HOME", "XDG_CACHE_HOME")}
    unwritable = {**no_home, "HOME": "/proc/nohome"}  # where not even root can write

    if not (course / ".venv").exists():
        yield "a set-up that is killed", lambda: interrupt_set_up(course, env)
        yield "set-up, called again", lambda: finish_set_up(course, env)
    yield "spaces and Chinese in the path", lambda: check_all(course, env)
    yield "no HOME", lambda: check_all(course, no_home)
    yield "HOME cannot be written", lambda: check_all(course, unwritable)
    if shutil.which("unshare") and subprocess.run([*OFFLINE, "true"], check=False).returncode == 0:
        before = (*OFFLINE, sys.executable, "-c", LOOPBACK)
        yield "no network", lambda: check_all(course, env, before)
        yield "no network: the site", lambda: check_book(course, env, before)
    else:
        print("  left out: no network (unshare is not allowed here)")
    found = False
    for python in other_pythons(course):
        found = True
        first = {**env, "PATH": f"{python.parent}:{env['PATH']}"}
        yield f"{python} first in PATH", lambda first=first: check_all(course, first)
    if not found:
        print("  left out: another Python (this machine has none)")


def finish_set_up(course: Path, env: Environment) -> None:
    """Complete the set-up that was interrupted."""
    run(course, ["make", "setup"], env, seconds=1800)


def check_book(course: Path, env: Environment, before: tuple[str, ...]) -> None:
    """The site is built, its downloads too."""
    run(course, [*before, "make", "book"], env)
    if len(list((course / "_build" / "html" / "downloads").iterdir())) != 2:
        raise FailedError("make book: expected two files to download")


def unpacked(scratch: Path) -> Path:
    """Pack the course, unpack it in a place with an odd name, and return its folder."""
    parent = scratch / "My Course ünï 课程"
    parent.mkdir()
    with zipfile.ZipFile(make_zip(scratch)) as pack:
        pack.extractall(parent)
    (course,) = parent.iterdir()
    return course


def main() -> int:
    """Go through the places; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, help="where there is room: 3 GB")
    parser.add_argument("--keep", action="store_true", help="leave everything there")
    parser.add_argument("--course", type=Path, help="one that is unpacked and set up already")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix="odd-", dir=options.folder)).resolve()
    failed = 0
    try:
        course = options.course.resolve() if options.course else unpacked(scratch)
        print(f"The course in {course}:")
        for name, trial in places(course, scratch):
            start = time.monotonic()
            try:
                trial()
                verdict = "ok"
            except FailedError as error:
                failed += 1
                verdict = f"FAILED: {error}"
            print(f"  {name} ({time.monotonic() - start:.0f} s): {verdict}", flush=True)
    finally:
        if not options.keep:
            shutil.rmtree(scratch, ignore_errors=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
