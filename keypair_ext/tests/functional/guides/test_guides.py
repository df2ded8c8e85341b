# SPDX-License-Identifier: Apache-2.0

"""Each guide does what it says, from its first command to its last.

``KEYPAIR_EXT_TEST_TRANSCRIPTS`` names a directory for what was typed and
printed.
"""

import os
import unittest
from pathlib import Path

from keypair_ext.tests import base
from keypair_ext.tests.functional.guides import __main__ as guides, machine
from keypair_ext.tests.functional.servers import mariadb, process


def reason_to_skip() -> str:
    """Return why guides cannot be followed here, '' if they can."""
    if os.environ.get('KEYPAIR_EXT_TEST_GUIDES') != '1':
        return (
            'set KEYPAIR_EXT_TEST_GUIDES=1, or run tox -e guides: '
            'environments with Nova and Keystone, some 700 MB, are made first'
        )
    for program in ('haproxy', 'curl', 'openssl', 'systemd-analyze'):
        if not process.find_program(program):
            return f'{program} is not installed'
    if not mariadb.available():
        return 'mariadb-server is not installed'
    return machine.reason_to_skip()


_REASON = reason_to_skip()
_TRANSCRIPTS = os.environ.get('KEYPAIR_EXT_TEST_TRANSCRIPTS')


@unittest.skipIf(_REASON, _REASON)
class GuidesTest(base.TestCase):
    def follow(self, name: str) -> None:
        status, transcript = guides.outside(name)
        if _TRANSCRIPTS:
            Path(_TRANSCRIPTS, f'guide-{name}.txt').write_text(transcript)
        self.assertEqual(0, status, f'\n{transcript}')

    def test_service(self) -> None:
        self.follow('service')

    def test_in_nova(self) -> None:
        self.follow('in-nova')

    def test_load_balancer(self) -> None:
        self.follow('load-balancer')

    def test_another_stack(self) -> None:
        self.follow('another-stack')

    def test_users(self) -> None:
        self.follow('users')

    def test_auditors(self) -> None:
        self.follow('auditors')
