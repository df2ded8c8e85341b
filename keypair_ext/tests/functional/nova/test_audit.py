# SPDX-License-Identifier: Apache-2.0

"""keystonemiddleware's audit filter in a Nova: it tells the same with ours.

Where OpenStack-Helm's pipeline has it, behind the context, with the map that
Nova's packages bring, and through a real RabbitMQ.
"""

import dataclasses
import json
import unittest
import uuid
from typing import Any, ClassVar

from keypair_ext.tests.functional.conformance import caller
from keypair_ext.tests.functional.nova import base, environment
from keypair_ext.tests.functional.servers import nova, rabbitmq

# The filter finds the target by the port that was asked.
_CATALOG = [
    {
        'type': 'compute',
        'name': 'nova',
        'id': uuid.UUID(int=3).hex,
        'endpoints': [
            {
                'id': uuid.UUID(int=4).hex,
                'publicURL': f'http://{caller.HOST}/v2.1',
            }
        ],
    }
]
_AUDIT = """
[filter:audit]
paste.filter_factory = keystonemiddleware.audit:filter_factory
audit_map_file = {map}
"""


class _Audited(nova.Nova):
    def _paste(self) -> str:
        maps = self._venv / 'etc' / 'pycadf'
        context = ' nova_context_filter '
        text = super()._paste().replace(context, f'{context}audit ')
        return text + _AUDIT.format(map=maps / 'nova_api_audit_map.conf')


def _caller(number: int, *roles: str) -> caller.Caller:
    return caller.Caller(
        uuid.UUID(int=number).hex,
        roles=roles,
        extra=(
            ('X-User-Name', f'user {number}'),
            ('X-Service-Catalog', json.dumps(_CATALOG)),
        ),
    )


_AMELIA = _caller(1, 'member', 'reader')
_ROOT = _caller(2, 'admin', 'member', 'reader')


@dataclasses.dataclass(frozen=True)
class _Case:
    """Who asks for what; what becomes of it, and what it is called."""

    who: caller.Caller
    request: Any
    status: int
    action: str
    target: str = 'service/compute/os-keypairs'


_KEYPAIR = 'service/compute/os-keypairs/keypair'
_OF_AMELIA = f'?user_id={_AMELIA.user}'

_CASES = (
    _Case(
        _AMELIA,
        _AMELIA.create('import', '2.10', name='a', public_key=base.KEY),
        201,
        'create',
    ),
    _Case(
        _AMELIA,
        _AMELIA.create('no room', '2.10', name='b', public_key=base.KEY),
        403,
        'create',
    ),
    _Case(_AMELIA, _AMELIA.list('list', '2.10'), 200, 'read/list'),
    _Case(_AMELIA, _AMELIA.show('show', 'a', '2.10'), 200, 'read', _KEYPAIR),
    _Case(
        _AMELIA,
        _AMELIA.show('refused', 'a', '2.10', f'?user_id={_ROOT.user}'),
        403,
        'read',
        _KEYPAIR,
    ),
    _Case(
        _ROOT, _ROOT.delete('not hers', 'a', '2.10'), 404, 'delete', _KEYPAIR
    ),
    _Case(
        _ROOT,
        _ROOT.delete('for another', 'a', '2.10', _OF_AMELIA),
        204,
        'delete',
        _KEYPAIR,
    ),
    _Case(
        _AMELIA, _AMELIA.create('generate', '2.10', name='made'), 201, 'create'
    ),
    _Case(
        _AMELIA, _AMELIA.delete('delete', 'made', '2.10'), 204, 'delete',
        _KEYPAIR,
    ),
    _Case(
        _ROOT,
        _ROOT.create(
            'import for another',
            '2.10',
            name='given',
            public_key=base.KEY,
            user_id=_AMELIA.user,
        ),
        201,
        'create',
    ),
)  # fmt: skip


@unittest.skipUnless(rabbitmq.available(), 'rabbitmq-server is not installed')
class AuditTest(base.NovaTestCase):
    broker: ClassVar[rabbitmq.RabbitMQ]
    ear: ClassVar[rabbitmq.Ear]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.broker = cls.use(rabbitmq.RabbitMQ())
        cls.ear = cls.use(rabbitmq.Ear(cls.broker, 'nova'))

    def heard(self, **options: Any) -> list[dict[str, Any]]:
        """Return what a Nova tells of each request when it is answered."""
        server = self.useFixture(
            _Audited(
                self.stage.databases,
                conf={
                    'oslo_messaging_notifications': {
                        'driver': 'messagingv2',
                        'transport_url': self.broker.url,
                    },
                    # Their own notifications would be among them.
                    'notifications': {'notification_format': 'versioned'},
                    'quota': {'key_pairs': 1},
                },
                **options,
            )
        )
        self.stage.database.execute('DELETE FROM key_pairs', 'nova_api')
        list(self.ear.heard())
        events = []
        for case in _CASES:
            answer = self.send(server, case.request)
            self.assertEqual(case.status, answer.status, case.request.name)
            (event,) = (
                told['payload']
                for title, told in self.ear.heard()
                if title.endswith(' audit.http.response')
            )
            events.append(event)
        return events

    def test_events_are_the_same(self) -> None:
        plain = self.heard()
        ours = self.heard(
            paste_filter=environment.FILTER, software=self.stage.software
        )
        for case, theirs, event in zip(_CASES, plain, ours, strict=True):
            with self.subTest(case.request.name):
                self.assertEqual(_expected(case), _told(event))
                self.assertEqual(_fixed(theirs), _fixed(event))
                self.assertNotIn('PRIVATE KEY', json.dumps(event))


def _expected(case: _Case) -> dict[str, object]:
    return {
        'initiator': (
            case.who.user,
            dict(case.who.extra)['X-User-Name'],
            case.who.project,
        ),
        'action': case.action,
        'target': (case.target, 'nova'),
        'outcome': 'success' if case.status < 400 else 'failure',
        'reason': str(case.status),
        'path': case.request.path,
    }


def _told(event: dict[str, Any]) -> dict[str, object]:
    who, target = event['initiator'], event['target']
    return {
        'initiator': (who['id'], who['name'], who['project_id']),
        'action': event['action'],
        'target': (target['typeURI'], target['name']),
        'outcome': event['outcome'],
        'reason': event['reason']['reasonCode'],
        'path': event['requestPath'],
    }


def _fixed(event: dict[str, Any]) -> dict[str, Any]:
    """Return what has to be the same in every run, in both Novas."""
    random = {'id', 'eventTime', 'tags'}
    return {
        **{name: event[name] for name in event.keys() - random},
        'initiator': {**event['initiator'], 'request_id': None},
        'reporterchain': [
            {**each, 'reporterTime': None} for each in event['reporterchain']
        ],
    }
