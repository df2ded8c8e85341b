# SPDX-License-Identifier: Apache-2.0

"""Does what a unit of systemd says, where systemd is not the first process.

Of a unit it knows what ours, HAProxy's and Nova's have: commands before and
at the start and for a reload, the user and groups, variables, directories
below /run and /var/lib, and that a process tells when it is ready.
"""

import contextlib
import os
import pwd
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final

_PLACES: Final = (Path('/etc/systemd/system'), Path('/lib/systemd/system'))
_PIDS: Final = Path('/run/units')
_LOGS: Final = Path('/run/journal')
_PATIENCE: Final = 90


class Unit:
    """A unit's section ``[Service]``, drop-ins included."""

    def __init__(self, name: str) -> None:
        self.name = name.removesuffix('.service')
        self._values: dict[str, list[str]] = {}
        for path in self._files():
            self._read(path)
        for directory in (_PIDS, _LOGS):
            directory.mkdir(exist_ok=True)
        self._pid_file = _PIDS / self.name
        self._log = log(self.name)
        self._address = _PIDS / f'{self.name}.notify'

    def _files(self) -> list[Path]:
        file = f'{self.name}.service'
        found = [place / file for place in _PLACES if (place / file).exists()]
        if not found:
            raise SystemExit(f'Unit {file} not found.')
        return [found[0], *sorted((_PLACES[0] / f'{file}.d').glob('*.conf'))]

    def _read(self, path: Path) -> None:
        text = path.read_text().replace('\\\n', ' ')
        for line in text.splitlines():
            if match := re.match(r'(\w+)=(.*)', line):
                values = self._values.setdefault(match[1], [])
                values.append(match[2].strip())

    def _one(self, key: str, default: str = '') -> str:
        return self._values.get(key, [default])[-1]

    def _environment(self) -> dict[str, str]:
        lines = self._values.get('Environment', [])
        words = [word for line in lines for word in shlex.split(line)]
        for name in self._values.get('EnvironmentFile', []):
            path = Path(name.removeprefix('-'))
            if path.exists():
                words += shlex.split(path.read_text(), comments=True)
        given = dict(word.split('=', 1) for word in words)
        return {'PATH': '/usr/sbin:/usr/bin:/sbin:/bin', **given}

    def _words(self, line: str, env: dict[str, str]) -> list[str]:
        """Split a command as systemd does: a variable may be many words."""
        words: list[str] = []
        for word in shlex.split(line.lstrip('-@!+')):
            if match := re.fullmatch(r'\$(\w+)', word):
                words += env.get(match[1], '').split()
            else:
                words.append(
                    re.sub(r'\$\{(\w+)\}', lambda m: env.get(m[1], ''), word)
                )
        return words

    @property
    def pid(self) -> int | None:
        """The process that was started, while it runs."""
        try:
            pid = int(self._pid_file.read_text())
            stat = Path(f'/proc/{pid}/stat').read_text()
        except OSError:
            return None
        # Nobody may have waited for it.
        return None if stat.rpartition(')')[2].split()[0] == 'Z' else pid

    def start(self) -> None:
        """Start it, and wait until it is ready."""
        if self.pid:
            return
        env = self._environment()
        user = self._one('User') or None
        for key, place in (
            ('StateDirectory', '/var/lib'),
            ('RuntimeDirectory', '/run'),
        ):
            for name in self._one(key).split():
                path = Path(place, name)
                path.mkdir(exist_ok=True)
                shutil.chown(path, user or 'root')
        with self._log.open('ab') as log, self._listening() as told:
            child = subprocess.Popen(
                self._words(self._one('ExecStart'), env),
                env={**env, 'NOTIFY_SOCKET': str(self._address)},
                cwd=self._one('WorkingDirectory', '/'),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **self._as_whom(user),
            )
            self._pid_file.write_text(str(child.pid))
            self._wait_until_ready(told)

    def _listening(self) -> socket.socket:
        """Return the socket on which the process says that it is ready."""
        told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._address.unlink(missing_ok=True)
        told.bind(str(self._address))
        self._address.chmod(0o666)
        told.settimeout(0.1)
        return told

    def _as_whom(self, user: str | None) -> dict[str, Any]:
        if user is None:
            return {}
        entry = pwd.getpwnam(user)
        extra = self._one('SupplementaryGroups').split()
        return {'user': user, 'group': entry.pw_gid, 'extra_groups': extra}

    def _wait_until_ready(self, told: socket.socket) -> None:
        if self._one('Type') != 'notify':
            return
        deadline = time.monotonic() + _PATIENCE
        while self.pid and time.monotonic() < deadline:
            with contextlib.suppress(TimeoutError):
                if b'READY=1' in told.recv(4096):
                    return
        raise SystemExit(
            f'{self.name} is not ready; journalctl has\n'
            f'{self._log.read_text()[-2000:]}'
        )

    def stop(self) -> None:
        """End it by SIGTERM, and all of it by SIGKILL where that is late."""
        pid = self.pid
        if pid is None:
            return
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + _PATIENCE
        while self.pid is not None and time.monotonic() < deadline:
            time.sleep(0.05)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)

    def reload(self) -> None:
        """Do what it has for a reload."""
        if self.pid is None:
            raise SystemExit(f'{self.name} is not active, cannot reload.')
        env = {**self._environment(), 'MAINPID': str(self.pid)}
        lines = self._values.get('ExecReload')
        if not lines:
            raise SystemExit(f'{self.name} has nothing for a reload.')
        for line in lines:
            subprocess.run(self._words(line, env), env=env, check=True)


def log(name: str) -> Path:
    """Return where the process of a unit writes."""
    return _LOGS / name


def main(words: list[str]) -> None:
    """Understand ``systemctl COMMAND [--now] [UNIT...]``."""
    command, *names = (word for word in words if word != '--now')
    if command == 'daemon-reload':
        for path in _PLACES[0].glob('keypair-ext*.service'):
            _verify(path)
        return
    for unit in map(Unit, names):
        if command == 'enable' and '--now' not in words:
            continue
        _COMMANDS[command](unit)


def _verify(path: Path) -> None:
    """Have the real program read a unit."""
    subprocess.run(['systemd-analyze', 'verify', path], check=True)


def _restart(unit: Unit) -> None:
    unit.stop()
    unit.start()


def _is_active(unit: Unit) -> None:
    sys.stdout.write('active\n' if unit.pid else 'inactive\n')
    if not unit.pid:
        raise SystemExit(3)


_COMMANDS: Final = {
    'enable': Unit.start,
    'start': Unit.start,
    'disable': Unit.stop,
    'stop': Unit.stop,
    'restart': _restart,
    'reload': Unit.reload,
    'is-active': _is_active,
}


if __name__ == '__main__':
    main(sys.argv[1:])
