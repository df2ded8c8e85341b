# SPDX-License-Identifier: Apache-2.0

"""keystonemiddleware's audit filter in front of ours: CADF events are right.

Both the service's application and the filter in front of Nova, with the map
that we ship; ``auth_token`` is real but for the request to Keystone.
"""

import json
import uuid
import warnings
from typing import Any

import fixtures as fixtures_library
import testtools
from keystoneauth1 import fixture as token_fixture

from keypair_ext import deploy
from keypair_ext.tests import base
from keypair_ext.tests.functional import fixtures

with warnings.catch_warnings():
    # It imports eventlet, which says that it is deprecated.
    warnings.simplefilter('ignore')
    try:
        import oslo_messaging
        from keystonemiddleware import audit
    except ImportError:
        audit = oslo_messaging = None

from keystonemiddleware import fixture as middleware_fixture

_MAP = fixtures.ROOT / 'etc' / 'keypair_ext' / 'api_audit_map.conf'
_LOGGER = 'oslo.messaging.notification.audit.http.response'

# CADF wants ids that are UUIDs, as Keystone's are.
_AMELIA = uuid.UUID(int=1).hex
_ROOT = uuid.UUID(int=2).hex

_PASTE = """
[composite:main]
use = egg:Paste#urlmap
/app = app-pipeline
/filter = filter-pipeline

[pipeline:app-pipeline]
pipeline = authtoken keystone_context audit app

[pipeline:filter-pipeline]
pipeline = authtoken keystone_context audit keypairs behind

[app:app]
use = egg:keypair-ext#main
oslo_config_file = {conf}

[filter:keypairs]
use = egg:keypair-ext#main
oslo_config_file = {conf}

[app:behind]
use = egg:keypair-ext#versions
oslo_config_file = {conf}

[filter:authtoken]
use = egg:keypair-ext#authtoken
oslo_config_file = {conf}

[filter:keystone_context]
use = egg:keypair-ext#keystone_context
oslo_config_file = {conf}

[filter:audit]
paste.filter_factory = keystonemiddleware.audit:filter_factory
audit_map_file = {map}
oslo_config_project = keypair_ext
oslo_config_file = {conf}
"""


@testtools.skipIf(
    audit is None,
    'oslo.messaging is not installed: pip install keypair-ext[notifications]',
)
class AuditTest(fixtures.Application, base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        # auth_token hands on a catalogue without ids, so that the name of a
        # service stands for its id.
        self.useFixture(
            fixtures_library.WarningsFilter(
                [{'action': 'ignore', 'message': 'Invalid uuid: nova'}]
            )
        )
        self.log = self.useFixture(
            fixtures_library.FakeLogger(name=_LOGGER, format='%(message)s')
        )
        self.useFixture(fixtures_library.FakeLogger())
        self.tokens = self.useFixture(middleware_fixture.AuthTokenFixture())
        for user, role in ((_AMELIA, 'member'), (_ROOT, 'admin')):
            self.tokens.add_token(_token(user, role), user)
        database = {'connection': f'sqlite:///{self.directory}/d.sqlite'}
        conf = fixtures.write_config(
            str(self.directory),
            {
                'database': database,
                'api_database': database,
                'quota': {'key_pairs': '1'},
                'keystone_authtoken': {
                    'auth_type': 'password',
                    'auth_url': 'http://127.0.0.1:1/v3',
                    'username': 'nova',
                    'password': 'secret',
                },
                **self.messaging(),
            },
        )
        fixtures.make_database(conf).dispose()
        paste_file = self.directory / 'api-paste.ini'
        paste_file.write_text(_PASTE.format(conf=conf, map=_MAP))
        composition = deploy.Composition()
        self.addCleanup(composition.close)
        self.app = composition.load(str(paste_file))

    def messaging(self) -> fixtures.Options:
        """Return where events go."""
        return {'oslo_messaging_notifications': {'driver': 'log'}}

    def heard(self) -> list[Any]:
        """Return the payloads of what was told of answers."""
        lines = self.log.output.splitlines()
        return [json.loads(line)['payload'] for line in lines]

    def status(
        self, mount: str, user: str, method: str, path: str, **keypair: str
    ) -> int:
        return self.ask(
            method,
            f'/{mount}{path}',
            token=user,
            version='2.10',
            body={'keypair': keypair} if keypair else None,
            environ={'REMOTE_ADDR': '192.0.2.7'},
        ).status_int

    def check(self, mount: str) -> None:
        keys = '/os-keypairs'
        key = {'public_key': fixtures.KEY}
        of_amelia = {'name': 'given', 'user_id': _AMELIA, **key}
        cases: tuple[tuple[Any, ...], ...] = (
            # who, method, path, body; action, status, kind of target
            (_AMELIA, 'POST', keys, {'name': 'a', **key}, 'create', 201, ''),
            (_AMELIA, 'POST', keys, {'name': 'b', **key}, 'create', 403, ''),
            (_AMELIA, 'POST', keys, {'name': 'a b'}, 'create', 403, ''),
            (_AMELIA, 'GET', keys, {}, 'read/list', 200, ''),
            (_AMELIA, 'GET', f'{keys}/a', {}, 'read', 200, '/keypair'),
            (
                *(_AMELIA, 'GET', f'{keys}/a?user_id={_ROOT}', {}),
                *('read', 403, '/keypair'),
            ),
            (_ROOT, 'DELETE', f'{keys}/a', {}, 'delete', 404, '/keypair'),
            (
                *(_ROOT, 'DELETE', f'{keys}/a?user_id={_AMELIA}', {}),
                *('delete', 204, '/keypair'),
            ),
            (_AMELIA, 'POST', keys, {'name': 'made'}, 'create', 201, ''),
            (_ROOT, 'POST', keys, of_amelia, 'create', 403, ''),
            (
                _AMELIA,
                'DELETE',
                f'{keys}/made',
                {},
                'delete',
                204,
                '/keypair',
            ),
            (_ROOT, 'POST', keys, of_amelia, 'create', 201, ''),
            # A name means nothing to the map.
            (_AMELIA, 'GET', f'{keys}/delete', {}, 'read', 404, '/keypair'),
        )
        for user, method, path, body, action, status, kind in cases:
            with self.subTest(user=user, method=method, path=path, body=body):
                before = len(self.heard())
                self.assertEqual(
                    status, self.status(mount, user, method, path, **body)
                )
                (event,) = self.heard()[before:]
                self.assertEqual(
                    _event(mount, user, path, action, status, kind),
                    _told(event),
                )

    def test_app(self) -> None:
        self.check('app')

    def test_filter(self) -> None:
        self.check('filter')

    def test_no_secret_is_told(self) -> None:
        self.status('app', _AMELIA, 'POST', '/os-keypairs', name='generated')
        (event,) = self.heard()
        self.assertEqual('success', event['outcome'])
        self.assertNotIn('PRIVATE KEY', json.dumps(event))


def _token(user: str, role: str) -> Any:
    token = token_fixture.V3Token(
        user_id=user, user_name=f'user {user}', project_id='aaaa'
    )
    token.add_role(name=role)
    service = token.add_service(
        'compute', name='nova', id=uuid.UUID(int=3).hex
    )
    service.add_standard_endpoints(
        public='http://cloud.example.org:8774/v2.1', region='one'
    )
    return token


def _event(
    mount: str, user: str, path: str, action: str, status: int, kind: str
) -> dict[str, object]:
    """Return what has to be told of a request."""
    return {
        'initiator': (user, f'user {user}', 'aaaa', '192.0.2.7'),
        'action': action,
        'target': (f'service/compute/os-keypairs{kind}', 'nova'),
        'outcome': 'success' if status < 400 else 'failure',
        'reason': str(status),
        'path': f'/{mount}{path}',
    }


def _told(event: dict[str, Any]) -> dict[str, object]:
    who, target = event['initiator'], event['target']
    return {
        'initiator': (
            who['id'],
            who['name'],
            who['project_id'],
            who['host']['address'],
        ),
        'action': event['action'],
        'target': (target['typeURI'], target['name']),
        'outcome': event['outcome'],
        'reason': event['reason']['reasonCode'],
        'path': event['requestPath'],
    }
