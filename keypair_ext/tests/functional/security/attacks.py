# SPDX-License-Identifier: Apache-2.0

"""The list of attacks that every mount withstands, in mixins by kind.

:mod:`.attacks_bodies` has more; :mod:`.test_attack` runs them on each mount.
"""

import logging
from typing import Any, ClassVar

import fixtures as fixtures_library
import webob

from keypair_ext.tests import base
from keypair_ext.tests.functional import fixtures
from keypair_ext.tests.functional.security import mounts

VICTIM = 'victim:aaaa:member'
ATTACKER = 'attacker:bbbb:member'


class AttackTestCase(base.TestCase):
    """One mount for a class, without key pairs for each test."""

    make_mount: ClassVar[type[mounts.Mount]]
    mount: ClassVar[mounts.Mount]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.mount = cls.use(cls.make_mount())

    def setUp(self) -> None:
        super().setUp()
        self.mount.clear()
        self._log = self.useFixture(
            fixtures_library.FakeLogger(level=logging.DEBUG)
        )

    def logged(self) -> str:
        """Return what was logged, at DEBUG, in whichever process."""
        text = self._log.output + self.mount.logged()
        self.assertNotEqual('', text)
        return text

    def ask(self, method: str, path: str, **how: Any) -> webob.Response:
        """Send a request, the attacker's unless it says whose."""
        how.setdefault('token', ATTACKER)
        return self.mount.ask(method, path, **how)


class OtherUsersCases(AttackTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.mount.create('secret', token=VICTIM)

    def test_every_verb_on_another_users_key(self) -> None:
        body = {
            'keypair': {
                'name': 'planted',
                'public_key': fixtures.KEY,
                'user_id': 'victim',
            }
        }
        for version in ('2.10', '2.35', '2.92', 'latest'):
            for method, path, document in (
                ('GET', '/os-keypairs?user_id=victim', None),
                ('GET', '/os-keypairs/secret?user_id=victim', None),
                ('DELETE', '/os-keypairs/secret?user_id=victim', None),
                ('POST', '/os-keypairs', body),
            ):
                for prefix in ('/v2.1', '/v2.1/bbbb'):
                    answer = self.ask(
                        method, prefix + path, version=version, body=document
                    )
                    self.assertEqual(403, answer.status_int, path)
                    self.assertNotIn('ssh-', answer.text)
        self.assertEqual(['secret'], self.mount.names('victim'))

    def test_a_name_is_its_owners(self) -> None:
        for method in ('GET', 'DELETE'):
            answer = self.ask(method, '/v2.1/os-keypairs/secret')
            self.assertEqual(404, answer.status_int)
        self.assertEqual(['secret'], self.mount.names('victim'))

    def test_a_marker_tells_nothing_of_others(self) -> None:
        path = '/v2.1/os-keypairs?marker=secret'
        answers = [
            self.ask('GET', p, version='2.35')
            for p in (path, path.replace('secret', 'nothing'))
        ]
        self.assertEqual([400, 400], [a.status_int for a in answers])

    def test_repeated_user_ids(self) -> None:
        # What is authorised is what is acted on, whichever one counts.
        for query in ('attacker&user_id=victim', 'victim&user_id=attacker'):
            path = f'/v2.1/os-keypairs?user_id={query}'
            answer = self.ask('GET', path, version='2.10')
            self.assertNotIn('secret', answer.text)

    def test_another_project_in_the_path(self) -> None:
        for method, path in (
            ('GET', '/v2.1/aaaa/os-keypairs'),
            ('DELETE', '/v2.1/aaaa/os-keypairs/secret'),
        ):
            self.assertEqual(400, self.ask(method, path).status_int)


class InjectionCases(AttackTestCase):
    def test_nothing_of_a_request_starts_a_log_line(self) -> None:
        marks = ('\r\nFORGED', '\nFORGED', '\x1b[2JFORGED', '\u2028FORGED')
        for mark in marks:
            escaped = ''.join(f'%{byte:02X}' for byte in mark.encode())
            self.ask('GET', f'/v2.1/os-keypairs/x{escaped}')
            self.ask('GET', f'/v2.1/os-keypairs?x={escaped}', version='2.75')
            self.ask('DELETE', f'/v2/os-keypairs/x{escaped}')
            for fields in (
                {'name': f'x{mark}'},
                {'name': 'x', 'public_key': f'{fixtures.KEY}{mark}'},
                {'name': 'x', 'public_key': f'ssh-rsa{mark}'},
                {'name': 'x', f'key{mark}': 1},
            ):
                self.ask(
                    'POST',
                    '/v2.1/os-keypairs',
                    version='2.91',
                    body={'keypair': fields},
                )
        self._check_log()

    def test_nothing_of_a_header_starts_a_log_line(self) -> None:
        # A line break itself no server lets into a header.
        for mark in ('\x1b[2JFORGED', '\x85FORGED', '\x1cFORGED', '\tFORGED'):
            for name, value in (
                ('OpenStack-API-Version', 'compute 2.1'),
                ('X-OpenStack-Nova-API-Version', '2.1'),
                ('X-Openstack-Request-Id', 'req-1'),
                ('X-Auth-Token', 'attacker'),
                ('X-User-Name', 'attacker'),
                ('Content-Type', 'text/plain; a='),
                ('Content-Type', 'x/'),
                ('User-Agent', 'x'),
                ('Referer', 'x'),
                ('Accept', 'application/json;q='),
            ):
                for method in ('GET', 'POST'):
                    answer = self.ask(
                        method,
                        '/v2.1/os-keypairs',
                        headers={name: f'{value}{mark}'},
                    )
                    self.assertLess(answer.status_int, 500)
                    for told in answer.headers.values():
                        self.assertTrue(told.isprintable(), told)
        self._check_log()

    def _check_log(self) -> None:
        for line in self.logged().splitlines():
            self.assertFalse(line.startswith('FORGED'), line)
            self.assertNotIn('\x1b', line)

    def test_nothing_of_a_request_makes_a_header(self) -> None:
        answer = self.ask(
            'GET',
            '/v2.1/os-keypairs',
            headers={
                'OpenStack-API-Version': 'compute 2.999',
                'X-Openstack-Request-Id': 'req-1 Set-Cookie: a=b',
            },
        )
        self.assertEqual(406, answer.status_int)
        self.assertNotIn('Set-Cookie', str(answer.headers))

    def test_sql_is_text(self) -> None:
        self.mount.create('k', token=ATTACKER)
        for text in ("' OR '1'='1", "k'; DROP TABLE key_pairs; --", '%', '_'):
            quoted = ''.join(f'%{ord(char):02X}' for char in text)
            answer = self.ask('GET', f'/v2.1/os-keypairs/{quoted}')
            self.assertEqual(404, answer.status_int)
            path = f'/v2.1/os-keypairs?marker={quoted}'
            answer = self.ask('GET', path, version='2.35')
            self.assertEqual(400, answer.status_int)
        self.assertEqual(['k'], self.mount.names('attacker'))


class PathCases(AttackTestCase):
    def test_paths_lead_nowhere_else(self) -> None:
        for name in (
            *('%2F', '..%2F..%2Fetc%2Fpasswd', '%2E%2E', '..', '.', '%00'),
            *('%FF', '%C0%AF', '%ED%A0%80', 'x' * 9000, '%', '%zz', ';a', '*'),
        ):
            for prefix in ('/v2.1', '/v2', '/v2.1/bbbb'):
                for method in ('GET', 'DELETE'):
                    path = f'{prefix}/os-keypairs/{name}'
                    answer = self.ask(method, path)
                    if self.mount.port and name.endswith('.'):
                        # The server itself has gone up to the versions.
                        self.assertNotIn('public_key', answer.text)
                        continue
                    self.assertEqual(404, answer.status_int, path)


class MethodCases(AttackTestCase):
    def test_a_method_in_a_header_is_not_one(self) -> None:
        self.mount.create('k', token=ATTACKER)
        for header in (
            'X-HTTP-Method-Override',
            'X-HTTP-Method',
            'X-Method-Override',
        ):
            path = '/v2.1/os-keypairs/k'
            answer = self.ask('GET', path, headers={header: 'DELETE'})
            self.assertEqual(200, answer.status_int)
        self.assertEqual(['k'], self.mount.names('attacker'))
