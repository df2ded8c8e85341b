# SPDX-License-Identifier: Apache-2.0

"""Children of the tests: ports, environment, users, start, wait and stop.

Nothing here knows which server it starts.  A child leads a process group of
its own and is stopped by that number, never by its name.
"""

import contextlib
import http.client
import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.parse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import fixtures

LOOPBACK: Final = '127.0.0.1'

# Below the range from which Linux takes the source ports of connections: a
# busy benchmark would otherwise take a port between our look and the bind.
_PORTS: Final = range(12000, 32000)

_PAUSE: Final = 0.05


class ServerError(Exception):
    """A server is not installed, did not start, or did not stop."""


def free_port() -> int:
    """Return a TCP port of the loopback address that nobody listens on."""
    for port in random.sample(_PORTS, k=200):
        with socket.socket() as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                sock.bind((LOOPBACK, port))
            except OSError:
                continue
            return port
    raise ServerError(f'no free port found on {LOOPBACK}')


def accepts_connections(port: int) -> bool:
    """Tell whether something listens on a port of the loopback address."""
    try:
        socket.create_connection((LOOPBACK, port), timeout=1).close()
    except OSError:
        return False
    return True


def answers_http(url: str) -> bool:
    """Tell whether a URL is answered at all; 401 and 300 are answers too."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=30)
    try:
        connection.request('GET', parts.path or '/')
        connection.getresponse()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


def wait_until(
    condition: Callable[[], bool], what: str, timeout: float = 60
) -> None:
    """Poll until the condition holds; :raises ServerError: when it does not.

    :param what: what was waited for, for the error's message.
    """
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise ServerError(f'{what}: not within {timeout:g} s')
        time.sleep(_PAUSE)


def clean_environment(home: Path, **extra: str) -> dict[str, str]:
    """Return an environment without the caller's PYTHONPATH, OS_* and HOME.

    What the developer's shell exports must not decide how a test ends.
    """
    path = os.environ.get('PATH', os.defpath)
    return {
        'PATH': f'{path}:/usr/local/sbin:/usr/sbin:/sbin',
        'HOME': str(home),
        'LC_ALL': 'C.UTF-8',
        'TZ': 'UTC',
        **extra,
    }


def unprivileged_user(*preferred: str) -> str | None:
    """Return a user for servers that refuse root; None when we are not root.

    :param preferred: names to look for first; ``nobody`` is the last resort.
    """
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    for name in (*preferred, 'nobody'):
        if name in known:
            return name
    raise ServerError(f'no unprivileged user among {preferred}')


def find_program(name: str, directories: Sequence[Path] = ()) -> Path | None:
    """Find a server's program, on PATH or where Debian hides it."""
    path = clean_environment(Path())['PATH']
    path = ':'.join([*map(str, directories), path])
    found = shutil.which(name, path=path)
    return Path(found) if found else None


def need_program(
    name: str, package: str, directories: Sequence[Path] = ()
) -> Path:
    """Find a program, or say which Debian package has it."""
    found = find_program(name, directories)
    if found is None:
        raise ServerError(f'{name} not found; run: apt-get install {package}')
    return found


def ensure_package(package: str, is_there: Callable[[], bool]) -> None:
    """Install a Debian package where we may and it is not there yet.

    Others may be installing at the same moment, so dpkg's lock is waited
    for. Run level 1 is the one in which packages do not start their servers.
    """
    if is_there() or os.geteuid() != 0 or not find_program('apt-get'):
        return
    env = {
        **os.environ,
        'DEBIAN_FRONTEND': 'noninteractive',
        'RUNLEVEL': '1',
    }
    apt = ('apt-get', '-qq', '-o', 'DPkg::Lock::Timeout=300')
    run([*apt, 'update'], env=env)
    run([*apt, 'install', '-y', '--no-install-recommends', package], env=env)


def run(
    argv: Sequence[str | Path],
    *,
    env: Mapping[str, str],
    user: str | None = None,
    cwd: Path | None = None,
    stdin: str = '',
    timeout: float = 600,
) -> str:
    """Run a command to its end and return what it printed.

    :raises ServerError: with the tail of all its output when it fails.
    """
    try:
        done = subprocess.run(
            [str(arg) for arg in argv],
            env=env,
            cwd=cwd,
            input=stdin,
            capture_output=True,
            text=True,
            errors='replace',
            check=False,
            timeout=timeout,
            user=user,
            group=_group(user),
            extra_groups=_groups(user),
            start_new_session=True,
        )
    except subprocess.TimeoutExpired as error:
        raise ServerError(f'{argv[0]}: {error}') from None
    if done.returncode != 0:
        command = ' '.join(map(str, argv))
        output = _tail(done.stdout + done.stderr)
        raise ServerError(f'{command}: exit {done.returncode}\n{output}')
    return done.stdout


def children(pid: int) -> list[int]:
    """Return the ids of the processes that a process has forked."""
    path = Path(f'/proc/{pid}/task/{pid}/children')
    return [int(number) for number in path.read_text().split()]


def _is_empty(group: int) -> bool:
    """Tell whether no process, not even an unreaped one, is in a group."""
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return True
    return False


def group_of(user: str) -> int:
    """Return the number of a user's own group."""
    return pwd.getpwnam(user).pw_gid


def _group(user: str | None) -> int | None:
    return group_of(user) if user else None


def _groups(user: str | None) -> list[int] | None:
    return [] if user else None


def _tail(text: str, lines: int = 40) -> str:
    return '\n'.join(text.splitlines()[-lines:])


class Directory(fixtures.Fixture):
    """A temporary directory that a given user owns, with a short path.

    Short because a Unix socket's path may have 107 bytes only, owned because
    a server that drops its privileges has to write there.
    """

    path: Path

    def __init__(self, name: str, user: str | None = None):
        super().__init__()
        self._name = name
        self._user = user

    def _setUp(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix=f'kpx-{self._name}-'))
        self.addCleanup(shutil.rmtree, self.path, ignore_errors=True)
        if self._user:
            shutil.chown(self.path, self._user)


class Process(fixtures.Fixture):
    """A server process, from its start until it and its children are gone.

    It can be stopped and started again meanwhile, for the tests in which a
    server goes away; the log then goes on in the same file.
    """

    def __init__(
        self,
        argv: Sequence[str | Path],
        *,
        log: Path,
        port: int,
        env: Mapping[str, str],
        ready: Callable[[], bool] | None = None,
        cwd: Path | None = None,
        user: str | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        timeout: float = 60,
    ):
        """Describe the process.

        :param port: must be free before the start; without ``ready`` the
            process is ready when it listens there.
        :param ready: asked again and again until it says yes.
        :param user: whom to run as; only root can choose.
        :param stop_signal: asks the leader politely; SIGKILL follows.
        :param timeout: seconds to become ready, and again to stop.
        """
        super().__init__()
        self._argv = [str(arg) for arg in argv]
        self._log = log
        self._port = port
        self._ready = ready or (lambda: accepts_connections(port))
        self._env = dict(env)
        self._cwd = cwd
        self._user = user
        self.stop_signal = stop_signal
        self._timeout = timeout
        self._child: subprocess.Popen[bytes] | None = None
        self._log_start = 0

    def _setUp(self) -> None:
        self.addCleanup(self.stop)
        self.start()

    @property
    def pid(self) -> int:
        """The process's id, also that of its group."""
        if self._child is None:
            raise ServerError(f'{self._argv[0]} is not running')
        return self._child.pid

    @property
    def log(self) -> str:
        """Everything the server has printed so far."""
        return self._log.read_text(errors='replace')

    @property
    def recent_log(self) -> str:
        """What the server has printed since it was last started."""
        with self._log.open('rb') as log:
            log.seek(self._log_start)
            return log.read().decode(errors='replace')

    def start(self, ready: Callable[[], bool] | None = None) -> None:
        """Start and wait for readiness; on failure show the log's tail.

        :param ready: is asked instead, this time.
        """
        if self._child is not None:
            raise ServerError(f'{self._argv[0]} is running already')
        if accepts_connections(self._port):
            raise ServerError(f'somebody listens on port {self._port}')
        self._child = self._spawn()
        try:
            wait_until(
                lambda: self._is_ready(ready or self._ready),
                'ready',
                self._timeout,
            )
        except Exception as error:
            self.kill()
            command = ' '.join(self._argv)
            raise ServerError(
                f'{command} did not start: {error}\n{_tail(self.recent_log)}'
            ) from error

    def _spawn(self) -> subprocess.Popen[bytes]:
        with self._log.open('ab') as log:
            self._log_start = log.tell()
            return subprocess.Popen(
                self._argv,
                env=self._env,
                cwd=self._cwd,
                user=self._user,
                group=_group(self._user),
                extra_groups=_groups(self._user),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                close_fds=True,
                start_new_session=True,
            )

    def _is_ready(self, ready: Callable[[], bool]) -> bool:
        if not self.is_running():
            raise ServerError('it ended by itself')
        return ready()

    def is_running(self) -> bool:
        """Tell whether the leader lives, without reaping it.

        While it is not reaped its number, and so its group's, stays ours.
        """
        if self._child is None:
            return False
        options = os.WEXITED | os.WNOHANG | os.WNOWAIT
        return os.waitid(os.P_PID, self._child.pid, options) is None

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal to the leader."""
        os.kill(self.pid, number)

    def pause(self) -> None:
        """Freeze the whole group: it listens still, and answers nobody."""
        os.killpg(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let a frozen group go on."""
        os.killpg(self.pid, signal.SIGCONT)

    def stop(self) -> None:
        """Ask the leader to end, wait, then kill whatever is left."""
        if self._child is None:
            return
        self.send_signal(self.stop_signal)
        self.resume()
        try:
            wait_until(lambda: not self.is_running(), 'stopped', self._timeout)
        finally:
            self.kill()

    def kill(self) -> None:
        """Kill the whole group at once, as a power cut would."""
        if self._child is None:
            return
        group = self._child.pid
        os.killpg(group, signal.SIGKILL)
        self._child.wait()
        self._child = None
        with contextlib.suppress(ServerError):
            wait_until(lambda: _is_empty(group), 'group gone', timeout=2)
