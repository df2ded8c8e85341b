# SPDX-License-Identifier: Apache-2.0

"""The examples of the documentation and of ``--help`` are run."""

import datetime
import json
import re
import shlex
from collections.abc import Iterator

from keypair_ext.tests.functional import fixtures
from keypair_ext.tests.functional.guides import page
from keypair_ext.tests.functional.keys import base, services
from keypair_ext.tests.unit.keytypes import vectors

_PAGE = fixtures.ROOT / 'doc' / 'source' / 'admin' / 'keys.rst'
_COMMAND = 'keypair-ext-manage keys '
_NEW = datetime.datetime(2026, 11, 1)


class ExamplesTest(base.KeysTestCase):
    options = {
        'keypairs': {'allowed_algorithms': 'ecdsa', 'min_rsa_bits': 3000}
    }

    def setUp(self) -> None:
        super().setUp()
        self.services = self.useFixture(services.Services())
        self.config = fixtures.write_config(
            str(self.directory),
            {
                'database': {'connection': self.url},
                'keystone_authtoken': self.services.options(),
                **self.options,
            },
        )
        self.add(
            '9e3d...',
            'laptop',
            public_key=vectors.RSA_2048.line,
            fingerprint=vectors.RSA_2048.fingerprint,
        )
        for user_id in ('9e3d...', '41c7...', 'gone'):
            self.add(user_id, 'ci-1', 'desktop')
        self.add('77aa...', 'desktop', created_at=_NEW)
        # Named in the examples.
        (self.directory / 'leaked.pub').write_text(fixtures.KEY)
        users = self.directory / 'users.json'
        users.write_text(json.dumps({'9e3d...': '77aa...'}))

    def run_example(self, command: page.Command) -> None:
        """Run what stands behind the ``$`` of a console."""
        self.assertTrue(command.text.startswith(_COMMAND), str(command))
        words = shlex.split(command.text.removeprefix(_COMMAND))
        path = None
        if '>' in words:
            *words, _, path = words
        self.answer(words)
        status, output, errors = self.run_command(*words)
        self.assertEqual(command.status, status, f'{command}\n{errors}')
        if path:
            (self.directory / path).write_text(output)
        if command.output:
            self.assertTrue(page.says(command.output, output), output)

    def answer(self, words: list[str]) -> None:
        """Let Identity and Compute know what a command asks them."""
        self.services.answers.clear()
        self.services.expect_operator()
        for user_id in ('9e3d...', '41c7...', '77aa...'):
            self.services.expect_user(user_id, services.user(user_id))
        self.services.expect_user('gone', services.UNKNOWN)
        if words[0] == 'where-used':
            self.services.everything = None
            path = (
                '/v2.1/servers/detail?all_tenants=1&limit=500'
                '&user_id=9e3d...&key_name=laptop'
            )
            self.services.answers[path] = [('200 OK', {'servers': []})]

    def test_the_page(self) -> None:
        ran = set()
        for step in page.steps(_PAGE.read_text()):
            # The page has no file that the reader writes.
            assert isinstance(step, page.Command)
            self.run_example(step)
            ran.add(step.text.split()[2])
        self.assertEqual(set(self.helped()), ran)
        # What the last ones have done.
        self.assertEqual({'77aa...'}, {user for user, _ in self.names()})

    def helped(self) -> Iterator[str]:
        """Yield the commands."""
        output = self.run_well('--help')
        for line in output.splitlines():
            if found := re.match(r'    ([a-z-]+)(?: |$)', line):
                yield found[1]

    def test_help(self) -> None:
        for command in self.helped():
            with self.subTest(command=command):
                told = self.run_well(command, '--help')
                (example,) = re.findall(r'example:\n  (.*)$', told, re.M)
                self.assertTrue(example.startswith(f'{_COMMAND}{command}'))
