# SPDX-License-Identifier: Apache-2.0

"""The service when what is in front of its application breaks.

Real servers, the real keystonemiddleware, and an Identity service that is
not there or is not to be trusted.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final
from wsgiref.types import StartResponse, WSGIEnvironment

from keypair_ext.tests import base
from keypair_ext.tests.functional import fixtures, service_cases
from keypair_ext.tests.functional.servers import (
    gunicorn,
    process,
    rest,
    tls,
    wsgi_server,
)

_TOKEN = {'X-Auth-Token': 'a-token'}

_OLD_AUTHTOKEN = """\
[filter:authtoken]
paste.filter_factory = keystonemiddleware.auth_token:filter_factory
"""
_AUTHTOKEN = """\
[filter:authtoken]
use = egg:keypair-ext#authtoken
"""

_DOMAIN: Final = {'id': 'default', 'name': 'Default'}

# An application credential's that may do one thing.
_RESTRICTED: Final = {
    'token': {
        'expires_at': '2999-01-01T00:00:00.000000Z',
        'user': {'id': 'u', 'name': 'u', 'domain': _DOMAIN},
        'project': {'id': 'p', 'name': 'p', 'domain': _DOMAIN},
        'roles': [{'id': 'r', 'name': 'member'}],
        'methods': ['application_credential'],
        'issued_at': '2020-01-01T00:00:00.000000Z',
        'audit_ids': ['a'],
        'application_credential': {
            'access_rules': [
                {
                    'service': 'compute',
                    'method': 'GET',
                    'path': '/v2.1/os-keypairs',
                }
            ]
        },
    }
}

# What is answered where a token is asked about, by the token.
_NO_TOKENS: Final = {
    'page': '<html>Come back later</html>',
    'nothing': '{}',
    'null': 'null',
    'list': '[1]',
    'nobody': '{"token": {"expires_at": "2999-01-01T00:00:00.000000Z"}}',
    'never': '{"token": {"user": {"id": "u"}, "expires_at": "soon"}}',
}


def _identity(
    environ: WSGIEnvironment, start_response: StartResponse
) -> Iterable[bytes]:
    """Let the service in, and answer what is no token when asked for one."""
    links = [{'rel': 'self', 'href': f'http://{environ["HTTP_HOST"]}/v3/'}]
    status, headers = '200 OK', [('Content-Type', 'application/json')]
    if environ['REQUEST_METHOD'] == 'POST':
        status = '201 Created'
        headers.append(('X-Subject-Token', 'of-the-service'))
        endpoint = {'interface': 'internal', 'url': links[0]['href']}
        body = json.dumps(
            {
                'token': {
                    'expires_at': '2999-01-01T00:00:00.000000Z',
                    'user': {'id': 'u', 'name': 'u'},
                    'catalog': [{'type': 'identity', 'endpoints': [endpoint]}],
                }
            }
        )
    elif 'HTTP_X_SUBJECT_TOKEN' in environ:
        asked = environ['HTTP_X_SUBJECT_TOKEN']
        body = _NO_TOKENS.get(asked) or json.dumps(_RESTRICTED)
    else:
        version = {'id': 'v3.14', 'status': 'stable', 'links': links}
        body = json.dumps({'version': version})
    start_response(status, headers)
    return [body.encode()]


# What operators may have in their pipelines. It breaks where a request says.
BREAKS = f"""
[filter:breaks]
paste.filter_factory = {__name__}:breaks_factory
"""


def breaks_factory(global_conf: object, **local_conf: str) -> Any:
    """Return a filter that raises an OSError, at a moment of choice."""

    def mount(app: Any) -> Any:
        def breaks(environ: Any, start_response: Any) -> Any:
            moment = environ.get('HTTP_X_BREAKS')
            if moment == 'before':
                raise ConnectionResetError('of a filter')
            answer = app(environ, start_response)
            if moment == 'after':
                raise ConnectionResetError('of a filter')
            return answer

        return breaks

    return mount


class TroubleTestCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.directory = self.useFixture(process.Directory('service')).path
        self.paste_file = self.directory / 'api-paste.ini'

    def serve(
        self, options: fixtures.Options, *edits: tuple[str, str]
    ) -> None:
        """Start the service, with edits of the shipped paste file."""
        service_cases.prepare(self.directory, options)
        text = self.paste_file.read_text()
        for before, after in edits:
            self.assertIn(before, text)
            text = text.replace(before, after)
        self.paste_file.write_text(text)
        self.server = self.useFixture(gunicorn.Gunicorn(self.directory))

    def serve_keystone(
        self, url: str, *edits: tuple[str, str], **options: object
    ) -> None:
        self.serve(
            {
                'api': {'auth_strategy': 'keystone'},
                'keystone_authtoken': {
                    'auth_type': 'password',
                    'auth_url': url,
                    'username': 'u',
                    'password': 'secret',
                    'http_request_max_retries': 0,
                    **options,
                },
            },
            *edits,
        )

    def assert_fault(
        self,
        path: str,
        status: int,
        name: str,
        headers: Mapping[str, str] = _TOKEN,
    ) -> rest.Answer:
        """Fail unless there is one fault, with one line that says why."""
        before = len(self.server.daemon.log)
        answer = rest.call('GET', f'{self.server.url}{path}', headers=headers)
        self.assertEqual(status, answer.status, answer.body.decode())
        self.assertEqual(status, answer.json()[name]['code'])
        self.assertEqual(
            'application/json; charset=UTF-8', answer.headers['Content-Type']
        )
        request_id = answer.headers['x-compute-request-id']
        self.assertEqual(request_id, answer.headers['x-openstack-request-id'])
        log = self.server.daemon.log[before:]
        why = re.findall(f'(?:ERROR|CRITICAL) .*{request_id} .*', log)
        self.assertEqual(1, len(why), log)
        self.assertNotIn('secret', log)
        return answer

    def assert_identity_unavailable(self) -> None:
        for path in ('/v2.1/os-keypairs', '/v2/os-keypairs', '/v2.1/nosuch'):
            with self.subTest(path=path):
                answer = self.assert_fault(path, 503, 'serviceUnavailable')
                self.assertEqual('1', answer.headers['Retry-After'])
                self.assertIn(b'Identity', answer.body)
        self.assertNotIn('Traceback', self.server.daemon.log)
        # What needs no token is there all the same.
        for path in ('/', '/v2.1/', '/healthcheck'):
            rest.call('GET', f'{self.server.url}{path}').expect(200)
        rest.call('GET', f'{self.server.url}/v2.1/os-keypairs').expect(401)


class IdentityTest(TroubleTestCase):
    def test_nobody_listens(self) -> None:
        self.serve_keystone(f'http://{process.LOOPBACK}:1')
        self.assert_identity_unavailable()

    def test_answers_that_are_no_tokens(self) -> None:
        identity = self.useFixture(wsgi_server.Server(_identity))
        self.serve_keystone(f'{identity.url}/v3')
        for token in _NO_TOKENS:
            with self.subTest(token=token):
                self.assert_fault(
                    '/v2.1/os-keypairs',
                    503,
                    'serviceUnavailable',
                    {'X-Auth-Token': token},
                )
        self.assertNotIn('Traceback', self.server.daemon.log)

    def test_access_rules_without_a_catalogue(self) -> None:
        """As the guide configures the service."""
        identity = self.useFixture(wsgi_server.Server(_identity))
        self.serve_keystone(
            f'{identity.url}/v3',
            service_type='compute',
            include_service_catalog=False,
            service_token_roles_required=True,
        )
        url = f'{self.server.url}/v2.1/os-keypairs'
        token = {'X-Auth-Token': 'restricted'}
        rest.call('GET', url, headers=token).expect(200)
        rest.call('GET', f'{url}/k', headers=token).expect(401)
        rest.call('POST', url, {}, token).expect(401)
        both = {**token, 'X-Service-Token': 'restricted'}
        rest.call('GET', f'{url}/k', headers=both).expect(401)
        # By what Routes does, too.
        rest.call('GET', f'{url}?_method=POST', headers=token).expect(401)
        rest.call('PUT', f'{url}?_method=GET', headers=token).expect(200)

    def test_a_certificate_that_cannot_be_verified(self) -> None:
        server = self.useFixture(tls.TLSServer(self.directory))
        self.serve_keystone(server.url)
        self.assert_identity_unavailable()

    def test_authorities_that_are_rotated_away(self) -> None:
        server = self.useFixture(tls.TLSServer(self.directory))
        authorities = self.directory / 'certificate.pem'
        self.serve_keystone(server.url, cafile=authorities)
        authorities.unlink()
        self.assert_identity_unavailable()

    def test_an_older_paste_file(self) -> None:
        """It takes keystonemiddleware's filter as it is."""
        self.serve_keystone(
            f'https://{process.LOOPBACK}:1',
            (_AUTHTOKEN, _OLD_AUTHTOKEN),
            cafile='/nonexistent/ca.pem',
        )
        # An OSError, which a server would take for its client's.
        self.assert_fault('/v2.1/os-keypairs', 500, 'computeFault')


class FilterTest(TroubleTestCase):
    def test_every_path(self) -> None:
        self.serve(
            {},
            ('= cors http', '= breaks cors http'),
            (
                '/healthcheck = healthcheck',
                '/healthcheck = health',
            ),
            (
                '[app:healthcheck]',
                '[pipeline:health]\npipeline = breaks healthcheck\n\n'
                '[app:healthcheck]',
            ),
            ('[app:keypairs]', f'{BREAKS}\n[app:keypairs]'),
        )
        for path in (
            '/',
            '/nosuch',
            '/v2',
            '/v2.1/',
            '/v2/os-keypairs',
            '/v2.1/os-keypairs',
            '/healthcheck',
        ):
            for moment in ('before', 'after'):
                with self.subTest(path=path, moment=moment):
                    self.assert_fault(
                        path, 500, 'computeFault', {'X-Breaks': moment}
                    )
