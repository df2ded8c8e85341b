# SPDX-License-Identifier: Apache-2.0

"""The policy file of ``configuration/policy`` does what the page says."""

import pathlib
import re
import textwrap

from keypair_ext import config_files
from keypair_ext.policy import tools
from keypair_ext.tests.functional import base, fixtures

_PAGE = fixtures.ROOT / 'doc' / 'source' / 'configuration' / 'policy.rst'

_READER = 'rita:aaaa:reader'


class PolicyPageTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        (example,) = re.findall(
            r'code-block:: yaml\n\n((?: .*\n)+)', _PAGE.read_text()
        )
        path = pathlib.Path(self.service.directory, 'policy.yaml')
        path.write_text(textwrap.dedent(example))
        self.addCleanup(path.write_text, '')

    def _status(self, method: str, path: str, token: str) -> int:
        return self.service.ask(
            method, f'/v2.1/os-keypairs{path}', token=token, version='2.92'
        ).status_int

    def test_readers_read(self) -> None:
        self.service.create('k', token=fixtures.ADMIN_TOKEN, user_id='rita')
        for path in ('', '/k'):
            self.assertEqual(200, self._status('GET', path, _READER))
        self.assertEqual(403, self._status('DELETE', '/k', _READER))
        refused = self.service.create('l', token=_READER)
        self.assert_fault(refused, 403, 'forbidden')
        self.assertEqual(['k'], self.service.names('rita'))

    def test_members_write_their_own(self) -> None:
        self.assertEqual(201, self.service.create('k').status_int)
        for token, status in (
            ('bruno:aaaa:member,reader', 403),
            (fixtures.ADMIN_TOKEN, 204),
            (fixtures.TOKEN, 404),
        ):
            path = '/k?user_id=amelia'
            self.assertEqual(status, self._status('DELETE', path, token))
        self.assertEqual(201, self.service.create('k').status_int)
        self.assertEqual(204, self._status('DELETE', '/k', fixtures.TOKEN))

    def test_without_mistakes(self) -> None:
        configuration = config_files.parse([self.service.config_file])
        self.assertEqual([], tools.find_mistakes(configuration))
