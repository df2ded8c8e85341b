# SPDX-License-Identifier: Apache-2.0

"""How an operator's file is replaced, whatever happens meanwhile."""

import contextlib
import errno
import os
import shlex
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import fixtures

from keypair_ext import files
from keypair_ext.cmd.paste import replacing
from keypair_ext.tests import base
from keypair_ext.tests.base import completed

# Replaces a file with a process that is killed at its nth line, for each n
# until one comes through. Prints the file's text and the backup's after each.
_KILLED = r"""
import os, signal, sys
from keypair_ext.cmd.paste import replacing

def trace(frame, event, argument):
    global left
    if frame.f_code.co_filename != replacing.__file__:
        return None
    left -= event == 'line'
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return trace

path, before, after = sys.argv[1:]
for number in range(1000):
    with open(path, 'w') as file:
        file.write(before)
    left = number
    child = os.fork()
    if not child:
        sys.settrace(trace)
        replacing.replace(path, before, after)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    backup = path + '.bak'
    print(
        open(path).read(),
        open(backup).read() if os.path.exists(backup) else 'none',
        flush=True,
    )
    if not status:
        break
    if number % 2 and os.path.exists(backup):
        os.unlink(backup)
"""

_REPLACE = """
import os, sys
from keypair_ext import exception
from keypair_ext.cmd.paste import replacing

if sys.argv[2:]:
    os.setgroups([])
    os.setgid(int(sys.argv[2]))
    os.setuid(int(sys.argv[2]))
try:
    print(replacing.replace(sys.argv[1], 'before\\n', 'after\\n'))
except exception.ConfigurationError as error:
    print(error, file=sys.stderr)
"""


class TestCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.path = self.directory / 'api-paste.ini'
        self.path.write_text('before\n')

    def _replace(self, path: Path | None = None) -> str:
        return replacing.replace(str(path or self.path), 'before\n', 'after\n')

    def _names(self) -> list[str]:
        return sorted(os.listdir(self.directory))


class TestReplace(TestCase):
    def test_text_and_backup(self) -> None:
        backup = self._replace()
        self.assertEqual(f'{self.path}.bak', backup)
        self.assertEqual('after\n', self.path.read_text())
        self.assertEqual('before\n', Path(backup).read_text())
        self.assertEqual(['api-paste.ini', 'api-paste.ini.bak'], self._names())

    def test_line_ends_stay(self) -> None:
        self.path.write_bytes(b'a\r\nb\rc\n')
        text = files.read(str(self.path))
        backup = replacing.replace(str(self.path), text, f'{text}d\r\n')
        self.assertEqual(b'a\r\nb\rc\nd\r\n', self.path.read_bytes())
        self.assertEqual(b'a\r\nb\rc\n', Path(backup).read_bytes())

    def test_older_backups_stay(self) -> None:
        older = self.directory / 'api-paste.ini.bak'
        older.write_bytes(b'\xff older')
        (self.directory / 'api-paste.ini.bak.1').mkdir()
        backup = self._replace()
        self.assertEqual(f'{self.path}.bak.2', backup)
        self.assertEqual(b'\xff older', older.read_bytes())

    def test_the_same_backup_is_used_again(self) -> None:
        self._replace()
        self.path.write_text('before\n')
        self.assertEqual(f'{self.path}.bak', self._replace())
        self.assertEqual(['api-paste.ini', 'api-paste.ini.bak'], self._names())

    def test_mode_stays(self) -> None:
        self.path.chmod(0o640)
        backup = self._replace()
        for path in (self.path, Path(backup)):
            self.assertEqual(0o640, stat.S_IMODE(path.stat().st_mode))

    def test_owner_stays(self) -> None:
        if os.geteuid():
            self.skipTest('only root can give a file away')
        os.chown(self.path, 1234, 4321)
        backup = self._replace()
        for path in (self.path, Path(backup)):
            status = path.stat()
            self.assertEqual((1234, 4321), (status.st_uid, status.st_gid))

    def test_symbolic_link_stays(self) -> None:
        link = Path(tempfile.mkdtemp(), 'link')
        link.symlink_to(self.path)
        backup = self._replace(link)
        self.assertEqual(f'{self.path}.bak', backup)
        self.assertEqual(str(self.path), os.readlink(link))
        self.assertEqual('after\n', self.path.read_text())

    def test_file_without_a_directory_in_its_name(self) -> None:
        with contextlib.chdir(self.directory):
            self._replace(Path('api-paste.ini'))
        self.assertEqual('after\n', self.path.read_text())

    def test_killed_at_any_line(self) -> None:
        done = completed(
            [
                sys.executable,
                '-c',
                _KILLED,
                str(self.path),
                'before',
                'after',
            ],
            check=True,
        )
        seen = done.stdout.splitlines()
        self.assertTrue(len(seen) > 30, seen)
        self.assertEqual('after before', seen[-1])
        self.assertEqual(
            {'before none', 'before before', 'after before'}, set(seen)
        )
        self.assertEqual('after', self.path.read_text())


class TestInPlace(TestCase):
    """Where no new file can take the place of the operator's."""

    def setUp(self) -> None:
        super().setUp()
        self.temporary = self.useFixture(fixtures.TempDir()).path
        self.command = [sys.executable, '-c', _REPLACE, str(self.path)]

    def _mounted(self, *commands: str) -> subprocess.CompletedProcess[str]:
        """Replace the file where these commands have mounted something."""
        user = ['--user', '--map-root-user'] if os.geteuid() else []
        unshare = ['unshare', '--mount', *user, 'sh', '-e', '-c']
        if subprocess.run([*unshare, 'true'], check=False).returncode:
            self.skipTest('no mount namespaces here')
        return completed(
            [*unshare, '; '.join((*commands, shlex.join(self.command)))],
            env={**os.environ, 'TMPDIR': self.temporary},
        )

    def test_file_that_is_a_mount(self) -> None:
        inode = self.path.stat().st_ino
        done = self._mounted(f'mount --bind {self.path} {self.path}')
        self.assertEqual(f'{self.path}.bak\n', done.stdout, done.stderr)
        self.assertEqual('after\n', self.path.read_text())
        self.assertEqual(inode, self.path.stat().st_ino)
        self.assertEqual(['api-paste.ini', 'api-paste.ini.bak'], self._names())

    def test_file_that_is_a_mount_to_read(self) -> None:
        done = self._mounted(
            f'mount --bind {self.path} {self.path}',
            f'mount -o remount,bind,ro {self.path}',
        )
        self.assertEqual(
            f'{self.path} cannot be changed: Read-only file system.\n',
            done.stderr,
        )
        self.assertEqual(['api-paste.ini'], self._names())

    def _assert_backup_elsewhere(
        self, done: subprocess.CompletedProcess[str]
    ) -> None:
        self.assertEqual('', done.stderr)
        self.assertEqual('after\n', self.path.read_text())
        self.assertEqual(['api-paste.ini'], self._names())
        (backup,) = Path(self.temporary).iterdir()
        self.assertEqual(f'{backup}\n', done.stdout)
        self.assertEqual('before\n', backup.read_text())
        self.assertEqual(0o600, stat.S_IMODE(backup.stat().st_mode))

    def test_directory_to_read(self) -> None:
        self._assert_backup_elsewhere(
            self._mounted(
                f'mount --bind {self.directory} {self.directory}',
                f'mount --bind {self.path} {self.path}',
                f'mount -o remount,bind,ro {self.directory}',
            )
        )

    def test_directory_of_somebody_else(self) -> None:
        if os.geteuid():
            self.skipTest('only root can become somebody else')
        for path in (*self.directory.parents[:2], self.directory):
            path.chmod(stat.S_IMODE(path.stat().st_mode) | 0o055)
        self.path.chmod(0o666)
        os.chown(self.temporary, 65534, 65534)
        self._assert_backup_elsewhere(
            completed(
                [*self.command, '65534'],
                env={**os.environ, 'TMPDIR': self.temporary},
            )
        )

    def test_failure_in_the_middle(self) -> None:
        self.useFixture(
            fixtures.MockPatch('os.replace', side_effect=_error('EBUSY'))
        )
        full = [None, None, _error('ENOSPC')]
        for outcome, names, words in (
            (None, ['api-paste.ini'], 'cannot be changed: No space left'),
            (
                _error('EIO'),
                ['api-paste.ini', 'api-paste.ini.bak'],
                'was being changed and is broken now: Input/output error. '
                f'What it was is in {self.path}.bak.',
            ),
        ):
            with fixtures.MockPatch('os.fsync', side_effect=[*full, outcome]):
                told = self.mistake(self._replace)
            self.assertIn(words, told)
            self.assertEqual('before\n', self.path.read_text())
            self.assertEqual(names, self._names())


def _error(name: str) -> OSError:
    number: int = getattr(errno, name)
    return OSError(number, os.strerror(number))


class TestRefusals(TestCase):
    def _assert_refused(self, words: str) -> None:
        self.assertEqual(
            f'{self.path} cannot be changed: {words}.',
            self.mistake(self._replace),
        )

    def test_changed_meanwhile(self) -> None:
        self.path.write_text('changed\n')
        self._assert_refused('somebody else changed it just now')
        self.assertEqual('changed\n', self.path.read_text())
        self.assertEqual(['api-paste.ini'], self._names())

    def test_nothing_stays_behind(self) -> None:
        for function in ('os.replace', 'os.chown', 'os.rename'):
            with fixtures.MockPatch(
                function, side_effect=OSError(28, 'No space left on device')
            ):
                self._assert_refused('No space left on device')
            self.assertEqual('before\n', self.path.read_text())
            self.assertEqual(['api-paste.ini'], self._names())

    def test_unreadable(self) -> None:
        self.path.write_bytes(b'before \xff\n')
        fifo = self.directory / 'fifo'
        os.mkfifo(fifo)
        loop = self.directory / 'loop'
        loop.symlink_to(loop)
        for path, words in (
            (
                self.path,
                ':1 is not UTF-8, at byte 0xff: save the file as UTF-8.',
            ),
            (self.directory, ' cannot be read: Is a directory.'),
            (fifo, ' cannot be read: it is not a regular file.'),
            (loop, ' cannot be read: Too many levels of symbolic links.'),
            (
                self.directory / 'none',
                ' cannot be read: No such file or directory.',
            ),
        ):
            self.assertEqual(
                f'{path}{words}', self.mistake(files.read, str(path))
            )
