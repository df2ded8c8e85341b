# SPDX-License-Identifier: Apache-2.0

"""The list of attacks on each mount, each with what must come of it.

Those over HTTP need a real Nova and MariaDB: ``tox -e attack``.
"""

import base64
import unittest

import bcrypt
import fixtures as fixtures_library
import webob

from keypair_ext.middleware.context import identity
from keypair_ext.tests import base
from keypair_ext.tests.functional import fixtures, service_cases
from keypair_ext.tests.functional.conformance import servers
from keypair_ext.tests.functional.security import (
    attacks_bodies,
    mounts,
)

PASSWORD = 'correct horse'

# What a client may say of itself, and what is no text at all.
SPOOFED = (
    'admin',
    'Confirmed',
    'all',
    'True',
    'victim',
    'victim,Confirmed',
    '\0',
    '\xe9' * 1000,
    'a' * 100_000,
)

_NO_REMOTE = servers.reason_to_skip()


class ServiceAttacks(attacks_bodies.AnyMountCases, attacks_bodies.StreamCases):
    """On the stand-alone service."""

    make_mount = mounts.Service


class AppAttacks(attacks_bodies.AnyMountCases, attacks_bodies.StreamCases):
    """On an application behind filters of others."""

    make_mount = mounts.App


class FilterAttacks(attacks_bodies.AnyMountCases, attacks_bodies.StreamCases):
    """On a filter in front of an application."""

    make_mount = mounts.Filter


@unittest.skipIf(_NO_REMOTE, _NO_REMOTE)
class RemoteServiceAttacks(
    attacks_bodies.AnyMountCases, attacks_bodies.SlowCases
):
    """On the stand-alone service under uWSGI."""

    make_mount = mounts.RemoteService


@unittest.skipIf(_NO_REMOTE, _NO_REMOTE)
class RemoteFilterAttacks(
    attacks_bodies.AnyMountCases, attacks_bodies.SlowCases
):
    """On the filter inside a real Nova under uWSGI."""

    make_mount = mounts.RemoteFilter


class HttpBasicCase(base.TestCase):
    """The service with the password of alice."""

    def setUp(self) -> None:
        super().setUp()
        users = self.directory / 'htpasswd'
        digest = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4))
        users.write_text(f'alice:{digest.decode()}\n')
        self.service = self.useFixture(
            fixtures.Service(
                {
                    'api': {
                        'auth_strategy': 'http_basic',
                        'http_basic_user_file': str(users),
                        'http_basic_project_id': 'aaaa',
                    },
                    'cors': {
                        'allowed_origin': 'https://dashboard.example.org'
                    },
                }
            )
        )
        code = base64.b64encode(f'alice:{PASSWORD}'.encode()).decode()
        self.authorization = f'Basic {code}'

    def ask(self, path: str, **headers: str) -> webob.Response:
        """Send a request with the password."""
        headers['Authorization'] = self.authorization
        return self.service.ask('GET', path, token=None, headers=headers)


class HttpBasicTest(HttpBasicCase):
    """With http_basic identity comes from the password alone."""

    def test_all_mounts_have_one_bound_for_guesses(self) -> None:
        # It is with what remembers passwords.
        checked = []
        check = bcrypt.checkpw

        def count(password: bytes, crypted: bytes) -> bool:
            checked.append(password)
            return check(password, crypted)

        self.useFixture(fixtures_library.MonkeyPatch('bcrypt.checkpw', count))
        for prefix in ('/v2.1', '/v2'):
            answer = self.ask(f'{prefix}/os-keypairs')
            self.assertEqual(200, answer.status_int)
        self.assertEqual([PASSWORD.encode()], checked)

    def test_spoofed_headers_change_nothing(self) -> None:
        path = '/v2.1/os-keypairs?user_id=victim'
        version = {'OpenStack-API-Version': 'compute 2.10'}
        for key in identity.IDENTITY_KEYS:
            name = key.removeprefix('HTTP_').replace('_', '-')
            for value in SPOOFED:
                spoofed = {name: value, **version}
                answer = self.service.ask(
                    'GET', path, token=None, headers=spoofed
                )
                self.assertEqual(401, answer.status_int, name)
                answer = self.ask(path, **spoofed)
                self.assertEqual(403, answer.status_int, name)


class CrossSiteTest(HttpBasicCase):
    """A page of another site can send nothing in the name of a visitor."""

    def _send(
        self, method: str, path: str, body: bytes = b'', **headers: str
    ) -> int:
        names = {name.replace('_', '-'): headers[name] for name in headers}
        request = webob.Request.blank(
            path, method=method, body=body, headers=names
        )
        request.headers['Authorization'] = self.authorization
        return int(request.get_response(self.service.app).status_int)

    def _names(self) -> list[str]:
        listed = self.ask('/v2.1/os-keypairs').json['keypairs']
        return [entry['keypair']['name'] for entry in listed]

    def test_nothing_is_planted_or_deleted(self) -> None:
        path, item = '/v2.1/os-keypairs', '/v2.1/os-keypairs/mine'
        mine, theirs = (
            service_cases.import_body(name) for name in ('mine', 'theirs')
        )
        json_type = {'Content_Type': 'application/json'}
        self.assertEqual(200, self._send('POST', path, mine, **json_type))
        form = {'Content_Type': 'text/plain'}
        evil = {'Origin': 'https://evil.example.org'}
        for method, target, body, headers in (
            ('POST', path, theirs, form),
            ('POST', path, theirs, {'Content_Type': ''}),
            ('POST', path, theirs, json_type | evil),
            ('POST', path, theirs, json_type | {'Origin': 'null'}),
            (
                'POST',
                path,
                theirs,
                json_type | {'Sec_Fetch_Site': 'same-site'},
            ),
            ('POST', f'{path}?_method=POST', theirs, form),
            ('GET', f'{path}?_method=POST', theirs, {}),
            ('GET', f'{item}?_method=DELETE', b'', {}),
            ('HEAD', f'{item}?_method=DELETE', b'', {}),
            ('POST', f'{item}?_method=DELETE', b'', form),
            ('DELETE', item, b'', evil),
        ):
            for prefix in ('/v2.1', '/v2'):
                with self.subTest(method=method, target=target, **headers):
                    there = target.replace('/v2.1', prefix)
                    status = self._send(method, there, body, **headers)
                    self.assertIn(status, (403, 415))
                    self.assertEqual(['mine'], self._names())
        self.assertEqual(202, self._send('DELETE', item))

    def test_a_page_that_is_allowed_may_ask(self) -> None:
        origin = {'Origin': 'https://dashboard.example.org'}
        preflight = {**origin, 'Access_Control_Request_Method': 'POST'}
        path, body = '/v2.1/os-keypairs', service_cases.import_body('k')
        self.assertEqual(200, self._send('OPTIONS', path, b'', **preflight))
        status = self._send(
            'POST',
            path,
            body,
            Content_Type='application/json',
            Sec_Fetch_Site='cross-site',
            **origin,
        )
        self.assertEqual(200, status)
