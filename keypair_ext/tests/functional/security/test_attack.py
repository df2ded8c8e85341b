# SPDX-License-Identifier: Apache-2.0

"""The list of attacks on each mount, each with what must come of it.

Those over HTTP need a real Nova and MariaDB: ``tox -e attack``.
"""

import base64
import pathlib
import unittest
from collections.abc import Callable, Iterable
from typing import Any

import bcrypt
import fixtures as fixtures_library
import webob

from keypair_ext.middleware.context import identity, keystone
from keypair_ext.tests import base
from keypair_ext.tests.functional import fixtures
from keypair_ext.tests.functional.conformance import servers
from keypair_ext.tests.functional.security import (
    attacks_bodies,
    mounts,
)

PASSWORD = 'correct horse'

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


class HttpBasicTest(base.TestCase):
    """With http_basic identity comes from the password alone."""

    def setUp(self) -> None:
        super().setUp()
        directory = pathlib.Path(
            self.useFixture(fixtures_library.TempDir()).path
        )
        users = directory / 'htpasswd'
        digest = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4))
        users.write_text(f'alice:{digest.decode()}\n')
        self.service = self.useFixture(
            fixtures.Service(
                {
                    'api': {
                        'auth_strategy': 'http_basic',
                        'http_basic_user_file': str(users),
                        'http_basic_project_id': 'aaaa',
                    }
                }
            )
        )

    def _ask(self, headers: dict[str, str], authorized: bool) -> Any:
        path = '/v2.1/os-keypairs?user_id=victim'
        request = webob.Request.blank(path, headers=headers)
        request.headers['OpenStack-API-Version'] = 'compute 2.10'
        request.environ['REMOTE_ADDR'] = '127.0.0.1'
        if authorized:
            code = base64.b64encode(f'alice:{PASSWORD}'.encode()).decode()
            request.headers['Authorization'] = f'Basic {code}'
        return request.get_response(self.service.app)

    def test_spoofed_headers_change_nothing(self) -> None:
        for key in identity.IDENTITY_KEYS:
            name = key.removeprefix('HTTP_').replace('_', '-')
            for value in ('admin', 'Confirmed', 'all', 'True', 'victim'):
                spoofed = {name: value}
                self.assertEqual(
                    401, self._ask(spoofed, authorized=False).status_int, name
                )
                self.assertEqual(
                    403, self._ask(spoofed, authorized=True).status_int, name
                )

    def test_all_of_them_together_change_nothing(self) -> None:
        spoofed = {
            'X-User-Id': 'victim',
            'X-Roles': 'admin',
            'X-Project-Id': 'aaaa',
            'X-Identity-Status': 'Confirmed',
            'X-Auth-Token': 'victim:aaaa:admin',
        }
        self.assertEqual(401, self._ask(spoofed, False).status_int)
        self.assertEqual(403, self._ask(spoofed, True).status_int)


class KeystoneContextTest(base.TestCase):
    """With Keystone it comes from a token that was validated alone."""

    def _ask(self, headers: dict[str, str], **environ: Any) -> int:
        def inner(
            environ: dict[str, Any], start_response: Callable[..., Any]
        ) -> Iterable[bytes]:
            start_response('200 OK', [])
            return [environ['nova.context'].user_id.encode()]

        app = keystone.filter_factory({})(inner)
        request = webob.Request.blank('/os-keypairs', headers=headers)
        request.environ.update(environ)
        return int(request.get_response(app).status_int)

    def test_spoofed_headers_change_nothing(self) -> None:
        spoofed = {
            key.removeprefix('HTTP_').replace('_', '-'): 'admin'
            for key in identity.IDENTITY_KEYS
        }
        spoofed['X-Identity-Status'] = 'Confirmed'
        self.assertEqual(401, self._ask(spoofed))
        # auth_token ran, and did not confirm.
        for status in ('Invalid', 'confirmed', 'Confirmed, Invalid', ''):
            spoofed['X-Identity-Status'] = status
            environ = {'keystone.token_auth': object()}
            self.assertEqual(401, self._ask(spoofed, **environ))
