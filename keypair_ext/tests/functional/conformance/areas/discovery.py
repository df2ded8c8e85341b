# SPDX-License-Identifier: Apache-2.0

"""The version documents, and the few resources the service has beside."""

from keypair_ext.tests.functional.conformance.areas.script import (
    Script,
    Settings,
)
from keypair_ext.tests.functional.conformance.caller import (
    V2,
    V21,
    Caller,
)

_ROOTS = (
    '/',
    '//',
    '/v2',
    '/v2/',
    '/v2//',
    '/v2.1',
    '/v2.1/',
    '/v2.1//',
    '/v2.1/?',
    '/v2.1?x=1',
    '/v2.1%0A',
    '/v2.0',
    '/v2.2',
    '/v3',
    '/v3/',
    '/v3/servers/x?y=1',
    '/v1',
    '/x',
    '/x/y/',
    '/%FF',
    '/caf%C3%A9',
    '/x%20y',
    '/x.json',
    '/v2.1.json',
    '/v2.json',
    '/index.html',
    '/favicon.ico',
    '/.well-known/x',
    '/V2.1',
    '/v2.1/../v2',
    '/versions',
)

_METHODS = ('GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS', 'FOO')

_NEIGHBOURS = (
    '/aaaa/',
    '/aaaa/?x=1',
    '/aaaa/?x=%FF',
    '//aaaa//',
    '/bbbb/',
    '/zzzz/',
    '/aaaa',
    '/extensions',
    '/extensions/os-keypairs',
    '/extensions/nope',
    '/extensions/',
    '/extensions/os-keypairs/',
    '/aaaa/extensions/os-keypairs',
    '/bbbb/extensions/os-keypairs',
    '/versions/v2.1',
    '/versions/v2.1?x=1',
    '/versions/v2.1?x=%FF',
    '/versions/v2.0',
    '/versions/v2',
    '/versions/nope',
    '/versions/v2.1/',
    '/versions/',
    '/versions',
    '/aaaa/versions/v2.1',
    '/bbbb/versions/v2.1',
    '/limits',
    '/limits/x',
    '/limits?tenant_id=bbbb',
    '/limits?reserved=1',
    '/os-quota-sets',
    '/os-quota-sets/aaaa',
    '/os-quota-sets/aaaa?user_id=discovery',
    '/os-quota-sets/aaaa?x=1',
    '/os-quota-sets/aaaa/',
    '/os-quota-sets/aaaa/defaults',
    '/os-quota-sets/aaaa/defaults?x=1',
    '/os-quota-sets/aaaa/detail',
    '/os-quota-sets/aaaa/detail?user_id=discovery',
    '/os-quota-sets/bbbb',
    '/os-quota-sets/bbbb/defaults',
    '/os-quota-sets/bbbb/detail',
    '/bbbb/limits',
    '/bbbb/os-quota-sets/aaaa',
)


def script(settings: Settings) -> Script:
    """Ask for the documents with and without a token, in every way."""
    user = Caller('discovery')
    nobody = Caller(None)
    for path in _ROOTS:
        for method in _METHODS:
            for who, caller in (('user', user), ('nobody', nobody)):
                yield caller.send(
                    f'{who}: {method} {path!r}', method, path, root=''
                )
        for name, value in (
            ('Accept', 'text/html'),
            ('Accept', 'application/xml'),
            ('Accept', 'application/atom+xml'),
            ('Accept', 'application/vnd.openstack.compute+json'),
            ('Accept', 'application/json;version=2.1'),
            ('Content-Type', 'application/xml'),
            ('Content-Type', 'application/json'),
            ('OpenStack-API-Version', 'compute 2.50'),
            ('OpenStack-API-Version', 'compute 2.999'),
            ('OpenStack-API-Version', 'compute bad'),
            ('X-OpenStack-Nova-API-Version', '2.50'),
        ):
            yield nobody.send(
                f'{path!r} with {name}: {value}',
                'GET',
                path,
                root='',
                headers=((name, value),),
            )
        yield nobody.send(
            f'{path!r} with a query', 'GET', f'{path}?a=%FF', root=''
        )
        yield nobody.send(
            f'{path!r} with a body', 'POST', path, root='', body=b'{'
        )
        for host in ('compute.example.org', '192.0.2.1:80', ''):
            yield nobody.send(
                f'{path!r} at {host!r}', 'GET', path, root='', host=host
            )
    for path in _NEIGHBOURS:
        for root in (V21, V2):
            for version in (
                None,
                '2.35',
                '2.36',
                '2.38',
                '2.39',
                '2.56',
                '2.57',
                '2.74',
                '2.75',
                '2.101',
                'latest',
                '2.999',
                'bad',
            ):
                yield user.send(
                    f'neighbour {root}{path} {version}',
                    'GET',
                    path,
                    version,
                    root=root,
                )
            for who, caller in (
                ('nobody', nobody),
                ('no project', Caller('discovery', None)),
                ('admin of no project', Caller('discovery', None).admin()),
            ):
                yield caller.send(
                    f'neighbour {root}{path} of {who}', 'GET', path, root=root
                )
