# SPDX-License-Identifier: Apache-2.0

"""Run a command to its end or to a limit, with all that it has started.

``limited.py SECONDS COMMAND...``: servers that a command leaves behind, in
sessions of their own too, become children of this process when their parents
are gone, and are killed. Linux only. The exit status is the command's, or 124
at the limit, as timeout(1) has it.
"""

import ctypes
import os
import pathlib
import signal
import subprocess
import sys
import time

_PR_SET_CHILD_SUBREAPER = 36
_AT_THE_LIMIT = 124
_PATIENCE = 30
_INTERVAL = 0.2


def adopt_orphans() -> None:
    """Become the parent of every descendant that loses its own."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), 'prctl')


def children() -> list[int]:
    """Return the processes whose parent this one is now."""
    me = os.getpid()
    listed = pathlib.Path(f'/proc/{me}/task/{me}/children').read_text()
    return [int(pid) for pid in listed.split()]


def kill_children() -> None:
    """Kill until nobody is left; who dies leaves its own to us."""
    while pids := children():
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def wait(child: subprocess.Popen[bytes], seconds: float) -> int | None:
    """Return the status of the command; None at the limit.

    Orphans that end meanwhile are reaped, as by init: tests look for what
    their servers leave behind.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            return child.wait(_INTERVAL)
        except subprocess.TimeoutExpired:
            for pid in children():
                if pid != child.pid:
                    os.waitpid(pid, os.WNOHANG)
    return None


def run(seconds: float, command: list[str]) -> int:
    """Run the command; at the limit interrupt it, and wait a little.

    It is interrupted with its children, as from a terminal.
    """
    with subprocess.Popen(command, process_group=0) as child:
        status = wait(child, seconds)
        if status is not None:
            return status
        print(f'Stopped after {seconds:g} seconds.', file=sys.stderr)
        os.killpg(child.pid, signal.SIGINT)
        try:
            child.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            child.kill()
        return _AT_THE_LIMIT


def main() -> int:
    """Run what the command line says."""
    adopt_orphans()
    try:
        return run(float(sys.argv[1]), sys.argv[2:])
    finally:
        kill_children()


if __name__ == '__main__':
    sys.exit(main())
