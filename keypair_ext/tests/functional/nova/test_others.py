# SPDX-License-Identifier: Apache-2.0

"""Nova's other resources do not notice the filter."""

import json
import re
from typing import ClassVar

from keypair_ext.tests.functional.conformance import wire
from keypair_ext.tests.functional.conformance.caller import V2, V21, Caller
from keypair_ext.tests.functional.nova import base, environment
from keypair_ext.tests.functional.servers import nova

_ADMIN = Caller('others-admin', 'aaaa').admin()
_MEMBER = Caller('others-member', 'aaaa')

_READ = (
    '/extensions',
    '/extensions/os-keypairs',
    '/extensions/nope',
    '/flavors',
    '/flavors/detail',
    '/flavors/small',
    '/flavors/small/os-extra_specs',
    '/flavors/small/os-flavor-access',
    '/flavors/none',
    '/images',
    '/limits',
    '/limits?tenant_id=bbbb',
    '/os-agents',
    '/os-aggregates',
    '/os-aggregates/1',
    '/os-assisted-volume-snapshots',
    '/os-availability-zone',
    '/os-availability-zone/detail',
    '/os-baremetal-nodes',
    '/os-cells',
    '/os-certificates/root',
    '/os-cloudpipe',
    '/os-console-auth-tokens/x',
    '/os-fixed-ips/192.0.2.1',
    '/os-floating-ips',
    '/os-floating-ip-pools',
    '/os-fping',
    '/os-hosts',
    '/os-hypervisors',
    '/os-hypervisors/detail',
    '/os-hypervisors/statistics',
    '/os-instance-actions',
    '/os-instance_usage_audit_log',
    '/os-migrations',
    '/os-networks',
    '/os-quota-class-sets/default',
    '/os-quota-sets/aaaa',
    '/os-quota-sets/aaaa/defaults',
    '/os-quota-sets/aaaa/detail',
    '/os-security-groups',
    '/os-server-external-events',
    '/os-server-groups',
    '/os-services',
    '/os-simple-tenant-usage',
    '/os-simple-tenant-usage/aaaa',
    '/os-snapshots',
    '/os-tenant-networks',
    '/os-virtual-interfaces',
    '/os-volumes',
    '/os-volumes_boot',
    '/servers',
    '/servers/detail',
    '/servers/11111111-2222-3333-4444-555555555555',
    '/servers/11111111-2222-3333-4444-555555555555/action',
    '/servers/11111111-2222-3333-4444-555555555555/metadata',
    '/servers/11111111-2222-3333-4444-555555555555/os-interface',
    '/servers/11111111-2222-3333-4444-555555555555/tags',
    '',
    '/',
    '/no-such-thing',
    '/os-keypairs/',
    '/os-keypairs/a/b',
    '/os-keypairs-x',
    '/x/os-keypairs',
    '/servers/os-keypairs',
    '/flavors/os-keypairs/os-extra_specs',
)

_WRITE: tuple[tuple[str, str, object], ...] = (
    (
        'POST',
        '/flavors',
        {
            'flavor': {
                'name': 'small',
                'id': 'small',
                'ram': 512,
                'vcpus': 1,
                'disk': 1,
            }
        },
    ),
    ('POST', '/flavors', {'flavor': {'name': 'small', 'id': 'small'}}),
    (
        'POST',
        '/flavors/small/os-extra_specs',
        {'extra_specs': {'hw:cpu_policy': 'shared'}},
    ),
    (
        'PUT',
        '/flavors/small/os-extra_specs/hw:cpu_policy',
        {'hw:cpu_policy': 'dedicated'},
    ),
    (
        'POST',
        '/os-aggregates',
        {'aggregate': {'name': 'caf\xe9', 'availability_zone': 'zone'}},
    ),
    (
        'POST',
        '/os-aggregates/1/action',
        {'set_metadata': {'metadata': {'key': 'x' * 200}}},
    ),
    ('PUT', '/os-aggregates/1', {'aggregate': {'name': 'renamed'}}),
    (
        'POST',
        '/os-server-groups',
        {'server_group': {'name': 'group', 'policies': ['affinity']}},
    ),
    ('POST', '/os-server-groups', {'server_group': {'name': 'group'}}),
    (
        'POST',
        '/servers',
        {'server': {'name': 'x', 'flavorRef': 'none', 'imageRef': ''}},
    ),
    ('POST', '/servers', {'server': {'key_name': 'x'}}),
    (
        'POST',
        '/servers/11111111-2222-3333-4444-555555555555/action',
        {'rebuild': {'imageRef': 'x', 'key_name': 'x'}},
    ),
    (
        'POST',
        '/os-server-external-events',
        {'events': [{'name': 'network-changed', 'server_uuid': 'x'}]},
    ),
    ('PUT', '/os-services/disable', {'host': 'x', 'binary': 'nova-compute'}),
    ('PUT', '/os-quota-class-sets/default', {'quota_class_set': {'x': 1}}),
    (
        'PUT',
        '/os-quota-class-sets/default',
        {'quota_class_set': {'key_pairs': 77}},
    ),
    ('POST', '/os-keypairs/it', {'keypair': {'name': 'x'}}),
    ('PUT', '/os-keypairs', {'keypair': {'name': 'x'}}),
    ('PUT', '/os-keypairs/it', {'keypair': {'name': 'x'}}),
    ('PATCH', '/os-keypairs/it', {'keypair': {'name': 'x'}}),
    ('POST', '/no-such-thing', {'x': 'y' * 50000}),
    ('DELETE', '/os-keypairs', None),
    ('DELETE', '/os-aggregates/99', None),
    ('DELETE', '/flavors/none', None),
)

_LAST: tuple[tuple[str, str, object], ...] = (
    ('DELETE', '/flavors/small/os-extra_specs/hw:cpu_policy', None),
    ('DELETE', '/flavors/small', None),
    ('DELETE', '/os-aggregates/1', None),
)

_RANDOM = re.compile(
    rb'(?:req-)?[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}'
    rb'|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?'
)
_DATE = re.compile(r'\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT')


class OthersTestCase(base.NovaTestCase):
    """Plain Nova and Nova with the filter, each on databases of its own."""

    plain: ClassVar[nova.Nova]
    mounted: ClassVar[nova.Nova]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.plain = cls.stage.plain()
        twin = cls.stage.useFixture(
            nova.NovaDatabases(cls.stage.database, 'twin')
        )
        cls.mounted = cls.stage.useFixture(
            nova.Nova(
                twin,
                paste_filter=environment.FILTER,
                software=cls.stage.software,
            )
        )

    def test_answers_are_the_same_byte_for_byte(self) -> None:
        """Create some things, look at everything, and delete them."""
        compared = 0
        for method, path, document in _WRITE:
            body = None if document is None else json.dumps(document).encode()
            for root in (V21, V2):
                for version in (None, '2.64', 'latest'):
                    self._compare(_ADMIN, method, path, version, root, body)
                    compared += 1
        for path in _READ:
            for caller in (_ADMIN, _MEMBER, Caller(None)):
                for root in (V21, f'{V21}/aaaa', V2):
                    self._compare(caller, 'GET', path, None, root)
                    self._compare(caller, 'GET', path, 'latest', root)
                    self._compare(caller, 'OPTIONS', path, None, root)
                    self._compare(caller, 'HEAD', path, None, root)
                    compared += 4
        for method, path, _ in _LAST:
            self._compare(_ADMIN, method, path, None, V21)
        self.assertGreater(compared, 30)

    def test_reads_find_something(self) -> None:
        """The comparison is not one of errors with errors."""
        found = [
            path
            for path in _READ
            if self.send(self.mounted, _ADMIN.send('', 'GET', path)).status
            == 200
        ]
        self.assertGreater(len(found), 20, found)

    def _compare(
        self,
        caller: Caller,
        method: str,
        path: str,
        version: str | None,
        root: str,
        body: bytes | None = None,
    ) -> None:
        request = caller.send('', method, path, version, root=root, body=body)
        expected, seen = (
            _comparable(self.send(server, request))
            for server in (self.plain, self.mounted)
        )
        self.assertEqual(expected, seen, str(request))


def _comparable(answer: wire.Answer) -> tuple[object, ...]:
    """Mask request ids, other random ids, and times."""
    headers = [
        (
            name,
            _RANDOM.sub(b'*', _DATE.sub('*', value).encode('latin-1')),
        )
        for name, value in answer.headers
    ]
    return (
        answer.status,
        answer.reason,
        headers,
        _RANDOM.sub(b'*', answer.body),
    )
