# SPDX-License-Identifier: Apache-2.0

"""What becomes of a command when its words cannot be written."""

import os
import re
import shlex
import signal
import subprocess
import sys

from keypair_ext.cmd import manage
from keypair_ext.tests import base
from keypair_ext.tests.base import completed
from keypair_ext.tests.functional import fixtures

_PASTE_FILE = 'keypair_ext/tests/unit/data/nova-api-paste.ini'

# Each prints something.
_COMMANDS = (
    'manage --help',
    'manage db version',
    'manage openapi',
    'manage profile list',
    'manage profile diff otc nova',
    f'manage paste status --file {fixtures.ROOT / _PASTE_FILE}',
    f'manage paste enable --dry-run --file {fixtures.ROOT / _PASTE_FILE}',
    'status upgrade check',
    'testbed --help',
    'testbed serve --port 0 --directory demo',
)

# Runs each command in a fork that has the descriptors of this process, and
# prints how it ended to descriptor 3.
_EACH = """
import os, shlex, sys
from keypair_ext.cmd import manage, status
from keypair_ext.testbed import command as testbed

for command in sys.argv[1:]:
    name, *arguments = shlex.split(command)
    child = os.fork()
    if not child:
        sys.exit(globals()[name].main(arguments))
    ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    os.write(3, f'{ended} {command}\\n'.encode())
"""

# Starts a program in which Ctrl-C is typed early.
_INTERRUPTED = """
import importlib.metadata, sys

class Interrupt:
    def find_spec(self, name, *rest):
        if name == 'oslo_config':
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupt())
(program,) = importlib.metadata.entry_points(
    group='console_scripts', name=sys.argv[1]
)
sys.exit(program.load()())
"""


class OutputTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        fixtures.write_config(str(self.directory), {})

    def _run(
        self, redirection: str, *arguments: str, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        command = shlex.join([sys.executable, *arguments])
        return completed(
            ['sh', '-c', f'exec 3>&1; {command} {redirection}'],
            cwd=self.directory,
            env={
                **os.environ,
                'OS_KEYPAIR_EXT_CONFIG_DIR': str(self.directory),
                **environment,
            },
        )

    def _assert_lost(self, redirection: str, problem: str) -> None:
        done = self._run(redirection, '-c', _EACH, *_COMMANDS)
        self.assertEqual(
            list(_COMMANDS),
            re.findall(r'^(?!0 |120 )\d+ (.+)$', done.stdout, re.MULTILINE),
            done.stdout,
        )
        told = f'The output cannot be written: {problem}.'
        self.assertEqual(len(_COMMANDS), done.stderr.count(told), done.stderr)
        self.assertNotIn('Traceback', done.stderr)

    def test_closed(self) -> None:
        self._assert_lost('>&-', 'Bad file descriptor')

    def test_full(self) -> None:
        self._assert_lost('>/dev/full', 'No space left on device')

    def test_reader_that_has_seen_enough(self) -> None:
        done = self._run('| true', '-c', _EACH, *_COMMANDS)
        ended = 128 + signal.SIGPIPE
        self.assertEqual(
            [f'{ended} {command}' for command in _COMMANDS],
            done.stdout.splitlines(),
        )
        self.assertNotIn('Traceback', done.stderr)

    def test_nobody_to_tell(self) -> None:
        for redirection in ('>&- 2>&-', '>/dev/full 2>/dev/full'):
            # Python buffers what it writes, or is told not to.
            for unbuffered in ('', '1'):
                done = self._run(
                    redirection,
                    *('-c', _EACH, *_COMMANDS[:2]),
                    PYTHONUNBUFFERED=unbuffered,
                )
                self.assertEqual(
                    [f'1 {command}' for command in _COMMANDS[:2]],
                    done.stdout.splitlines(),
                )

    def test_closed_output_is_no_database(self) -> None:
        # Which would be the first file to be opened, as descriptor 1.
        done = self._run('>&-', '-m', 'keypair_ext.cmd.manage', 'db', 'sync')
        self.assertEqual((0, ''), (done.returncode, done.stderr))
        done = self._run('', '-m', 'keypair_ext.cmd.manage', 'db', 'version')
        self.assertIn('newest', done.stdout)

    def test_ascii(self) -> None:
        path = self.directory / 'ключ.ini'
        for variables in (
            {'LC_ALL': 'C', 'PYTHONIOENCODING': 'ascii'},
            {'LC_ALL': 'POSIX', 'PYTHONUTF8': '0', 'PYTHONCOERCECLOCALE': '0'},
        ):
            text = (fixtures.ROOT / _PASTE_FILE).read_text()
            path.write_text(text.replace('authtoken ', 'ключ ', 1))
            command = ['keypair_ext.cmd.manage', 'paste', 'enable', '--file']
            done = self._run('', '-m', *command, str(path), **variables)
            self.assertEqual((0, ''), (done.returncode, done.stderr))
            self.assertIn('.ini is changed', done.stdout)
            self.assertIn('ключ keystone', path.read_text())

    def test_interrupted_while_it_is_imported(self) -> None:
        for name in ('listener', 'manage', 'status', 'testbed'):
            with self.subTest(name=name):
                program = f'keypair-ext-{name}'
                done = self._run('', '-c', _INTERRUPTED, program)
                self.assertEqual((130, ''), (done.returncode, done.stderr))

    def test_interrupted(self) -> None:
        # A shell that started us in the background has had it ignored.
        self.addCleanup(
            signal.signal,
            signal.SIGINT,
            signal.signal(signal.SIGINT, signal.default_int_handler),
        )
        fifo = self.directory / 'fifo'
        os.mkfifo(fifo)
        command = ['keys', 'list', '--same-key-as', str(fifo)]
        with (
            subprocess.Popen(
                [sys.executable, manage.__file__, *command],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            ) as child,
            # Opened once the command waits for what is in it.
            fifo.open('w'),
        ):
            child.send_signal(signal.SIGINT)
            told = child.communicate(timeout=60)
        self.assertEqual((130, (b'', b'')), (child.returncode, told))
