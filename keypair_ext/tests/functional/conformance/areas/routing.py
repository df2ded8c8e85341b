# SPDX-License-Identifier: Apache-2.0

"""Methods and paths, those that mean nothing included."""

from keypair_ext.tests.functional.conformance.areas.script import (
    Script,
    Settings,
)
from keypair_ext.tests.functional.conformance.caller import (
    COLLECTION,
    V2,
    V21,
    Caller,
)
from keypair_ext.tests.unit.keytypes import vectors

_KEY = vectors.ED25519.line

_METHODS = (
    'GET',
    'HEAD',
    'POST',
    'PUT',
    'PATCH',
    'DELETE',
    'OPTIONS',
    'TRACE',
    'COPY',
    'FOO',
    'get',
    'Post',
)

_METHOD_PATHS = (
    '/os-keypairs',
    '/os-keypairs/',
    '/os-keypairs/there',
    '/os-keypairs/there/',
    '/os-keypairs/there/more',
    '/aaaa/os-keypairs',
    '/aaaa/os-keypairs/there',
    '/bbbb/os-keypairs',
    '/no-such-thing',
)

_PATHS = (
    '//v2.1/os-keypairs',
    '///v2.1///os-keypairs',
    '/v2.1//os-keypairs',
    '/v2.1/os-keypairs//',
    '/v2.1/os-keypairs//there',
    '/v2.1//aaaa//os-keypairs//there',
    '/v2.1/./os-keypairs',
    '/v2.1/x/../os-keypairs',
    '/v2.1/../v2.1/os-keypairs',
    '/v2.1/os-keypairs/.',
    '/v2.1/os-keypairs/..',
    '/v2.1/os-keypairs/../os-keypairs',
    '/v2.1/os-keypairs/./there',
    '/v2.1/os-keypairs/%2E',
    '/v2.1/os-keypairs/%2E%2E',
    '/v2.1/os-keypairs/%2e%2e/there',
    '/v2.1/os-keypairs/there/.',
    '/v2.1/os-keypairs/there/..',
    '/v2.1/os-keypairs/there%2Fmore',
    '/v2.1/os-keypairs/%2Fthere',
    '/v2.1/os-keypairs/there%2F',
    '/v2.1/os-keypairs%2Fthere',
    '/v2.1%2Fos-keypairs/there',
    '/v2.1/os%2Dkeypairs/there',
    '/v2.1/os%2dkeypairs',
    '/v2.1/%6Fs-keypairs',
    '/%76%32%2E%31/os-keypairs',
    '/v2.1/os-keypairs/%74here',
    '/v2.1/os-keypairs/there%20',
    '/v2.1/os-keypairs/%20there',
    '/v2.1/os-keypairs/+there',
    '/v2.1/os-keypairs/%20',
    '/v2.1/os-keypairs/%',
    '/v2.1/os-keypairs/%2',
    '/v2.1/os-keypairs/%zz',
    '/v2.1/os-keypairs/there%',
    '/v2.1/os-keypairs/%00',
    '/v2.1/os-keypairs/there%00',
    '/v2.1/os-keypairs/%00there',
    '/v2.1/os-keypairs%00',
    '/v2.1/os-keypairs/%0A',
    '/v2.1/os-keypairs/there%0A',
    '/v2.1/os-keypairs/there%0D%0A',
    '/v2.1/os-keypairs/%0Athere',
    '/v2.1/os-keypairs/a%0Ab',
    '/v2.1/os-keypairs%0A',
    '/v2.1/os-keypairs%0D',
    '/v2.1/os-keypairs/%09there',
    '/v2.1/os-keypairs/%7F',
    '/v2.1/os-keypairs/%FF',
    '/v2.1/os-keypairs/%C3',
    '/v2.1/os-keypairs/caf%C3%A9',
    '/v2.1/os-keypairs/caf%E9',
    '/v2.1/os-keypairs/\xe9',
    '/v2.1/os-keypairs/%F0%9F%98%80',
    '/v2.1/os-keypairs/%ED%A0%80',
    '/v2.1/os-keypairs/%EF%BF%BF',
    '/v2.1/os-keypairs/%C2%A0',
    '/v2.1/os-keypairs.json',
    '/v2.1/os-keypairs.xml',
    '/v2.1/os-keypairs/there.json',
    '/v2.1/os-keypairs/there.xml',
    '/v2.1/os-keypairs/there.vnd.openstack.compute+json',
    '/v2.1/os-keypairs/detail',
    '/v2.1/os-keypairs/new',
    '/v2.1/os-keypairs/edit',
    '/v2.1/os-keypairs/there/edit',
    '/v2.1/os-keypairs/there/action',
    '/v2.1/os-keypairs;a=1',
    '/v2.1/os-keypairs/there;a=1',
    '/v2.1/os-keypairs?',
    '/v2.1/os-keypairs??',
    '/v2.1/os-keypairs#fragment',
    '/v2.1/os-keypairs/there?',
    '/v2.1/os-keypairs/there%3Fx=1',
    '/v2.1/os-keypairs/there%23x',
    '/v2.1/os-keypairs/a%5Cb',
    '/v2.1/os-keypairs/%22there%22',
    "/v2.1/os-keypairs/'there'",
    '/v2.1/os-keypairs/there--',
    '/v2.1/os-keypairs/THERE',
    '/v2.1/os-keypairs/*',
    '/v2.1/os-keypairs/%25',
    '/v2.1/os-keypairs/_',
    '/v2.1/os-keypairs/{id}',
    '/v2.1/os-keypairs/' + 'n' * 255,
    '/v2.1/os-keypairs/' + 'n' * 256,
    '/v2.1/os-keypairs/' + 'n' * 5000,
    '/v2.1/OS-KEYPAIRS',
    '/V2.1/os-keypairs',
    '/v2.1/os-keypair',
    '/v2.1/os-keypairss',
    '/v2.1/xos-keypairs',
    '/v2.1/a/b/os-keypairs',
    '/v2.1/aaaa/os-keypairs/there',
    '/v2.1/AAAA/os-keypairs',
    '/v2.1/bbbb/os-keypairs',
    '/v2.1/bbbb/os-keypairs/there',
    '/v2.1/aaa/os-keypairs',
    '/v2.1/aaaaa/os-keypairs',
    '/v2.1/-/os-keypairs',
    '/v2.1/--/os-keypairs/there',
    '/v2.1/aa-aa/os-keypairs',
    '/v2.1/aa%61a/os-keypairs',
    '/v2.1/zzzz/os-keypairs',
    '/v2.1/aa_aa/os-keypairs',
    '/v2.1/aaaa%0A/os-keypairs',
    '/v2.1/None/os-keypairs',
    '/v2.1/0/os-keypairs',
    '/v2.1/' + 'a' * 300 + '/os-keypairs',
    '/v2.1',
    '/v2.1/',
    '/v2.1//',
    '/os-keypairs',
    '/aaaa/os-keypairs',
    '/v2/os-keypairs',
    '/v2/aaaa/os-keypairs/there',
    '/v2/bbbb/os-keypairs/there',
    '/v2//os-keypairs',
    '/v2/os-keypairs/',
    '/v2/os-keypairs/there%0A',
    '/v2/os-keypairs/there%20',
    '/v2/os-keypairs/%20there',
    '/v2/os-keypairs/there%2Fmore',
    '/v2/os-keypairs/%2F',
    '/v2%2Fos-keypairs',
    '/v2%2fos-keypairs%2Fthere',
    '/v2/os-keypairs%2Fthere',
    '/v2/aaaa%2Fos-keypairs',
    '/v2%2Faaaa%2Fos-keypairs/there',
    '/v2/%2Fos-keypairs',
    '/v2%252Fos-keypairs',
    '/v2/os%2Dkeypairs/%2e',
    '/v2.0/os-keypairs',
    '/v2.10/os-keypairs',
    '/v2.1x/os-keypairs',
    '/v3/os-keypairs',
    '/v1.1/os-keypairs',
    '/compute/v2.1/os-keypairs',
    'http://elsewhere.example.org/v2.1/os-keypairs',
    'v2.1/os-keypairs',
    '*',
)

_ACCEPTED = (
    None,
    '',
    '*/*',
    '*',
    'application/*',
    'application/json',
    'application/json, */*',
    'application/vnd.openstack.compute+json',
    'application/vnd.openstack.compute+json, application/json',
    'application/json, application/vnd.openstack.compute+json',
    'application/json;q=0.1, application/vnd.openstack.compute+json',
    'application/json, application/vnd.openstack.compute+json;q=0.9',
    'application/vnd.openstack.compute+json;q=0',
    'application/vnd.openstack.compute+json;q=x',
    'application/vnd.openstack.compute+json;version=2.1',
    'application/json;version=2.1',
    'application/json;version=2',
    'application/json;version=2.1;q=0.5',
    'application/json;q=0',
    'APPLICATION/VND.OPENSTACK.COMPUTE+JSON',
    'application/xml',
    'application/atom+xml',
    'text/html',
    'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
    'text/plain',
    'text/*',
    'image/png',
    'bad',
    ';',
    ',',
    'application/json;',
    '"application/json"',
    '\xff',
)


def script(settings: Settings) -> Script:
    """Ask every path and method, with every preference for the answer."""
    user = Caller('routing')
    for name in ('there', 'there.json', 'there--'):
        yield user.create(
            f'set up {name}',
            '2.92',
            name=name,
            public_key=_KEY,
        )
    yield from _methods(user)
    yield from _overridden(user)
    for path in _PATHS:
        title = path if len(path) < 80 else f'{path[:20]}, {len(path)} long'
        yield user.send(f'GET {title}', 'GET', path, root='')
        yield Caller(None).send(f'nobody {title}', 'GET', path, root='')
        if '/os-keypairs/' in path and 'there' not in path:
            yield user.send(f'DELETE {title}', 'DELETE', path, root='')
    yield from _accepted(user)
    yield from _protocols(user)
    yield from _browsers(user)


def _methods(user: Caller) -> Script:
    for method in _METHODS:
        for root in (V21, V2):
            for path in _METHOD_PATHS:
                if method == 'DELETE' and path.endswith('there'):
                    continue
                yield user.send(
                    f'method {method} {root}{path}', method, path, root=root
                )
                yield Caller(None).send(
                    f'method {method} {root}{path}, nobody',
                    method,
                    path,
                    root=root,
                )
    for method in ('PUT', 'PATCH', 'DELETE', 'POST', 'OPTIONS', 'GET'):
        yield user.send(
            f'method {method} with a body',
            method,
            COLLECTION + '/none',
            '2.92',
            body=b'{"keypair": {"name": "x"}}',
        )
    for method in ('PUT', 'DELETE', 'GET'):
        yield user.send(
            f'POST overridden by {method}',
            'POST',
            COLLECTION + '/there',
            headers=(('X-HTTP-Method-Override', method),),
        )


def _overridden(user: Caller) -> Script:
    """Ask for another method than the request's, as Routes understands it."""
    # Not HEAD, which shows nothing but the length, and Nova's has blanks.
    for method in ('GET', 'POST', 'PUT', 'PATCH', 'DELETE'):
        for wanted in ('GET', 'post', 'PUT', 'DELETE', '', '%FF'):
            for path in (COLLECTION, f'{COLLECTION}/there.json'):
                if path != COLLECTION and 'DELETE' in (method, wanted):
                    path = f'{COLLECTION}/none'
                for version in ('2.74', '2.92'):
                    yield user.send(
                        f'{method} overridden by {wanted!r} of {path} '
                        f'{version}',
                        method,
                        f'{path}?_method={wanted}',
                        version,
                    )
    for query in (
        '_method=GET&_method=PUT',
        '_method=PUT&_method=GET',
        '_method=PUT;_method=GET',
        '%5Fmethod=PUT',
        '_METHOD=PUT',
        'x=_method',
        'x=%FF&_method=PUT',
        '_method=%20GET',
    ):
        yield user.send(
            f'overridden by {query}', 'GET', f'{COLLECTION}?{query}'
        )
    for title, name, method in (
        ('PUT', 'put', 'PUT'),
        ('GET', 'got', 'GET'),
    ):
        yield user.send(
            f'{title} overridden by POST with a body',
            method,
            f'{COLLECTION}?_method=POST',
            '2.92',
            body=b'{"keypair": {"name": "%s", "public_key": "%s"}}'
            % (name.encode(), _KEY.encode()),
        )
    for form in (b'', b'a=b', b'_method=GET', b'_method=delete', b'_method='):
        for path in (COLLECTION, f'{COLLECTION}/none'):
            yield user.send(
                f'form {form!r} posted to {path}',
                'POST',
                path,
                body=form,
                headers=(
                    ('Content-Type', 'application/x-www-form-urlencoded'),
                ),
            )


def _accepted(user: Caller) -> Script:
    for accept in _ACCEPTED:
        headers = () if accept is None else (('Accept', accept),)
        for method, path, version in (
            ('GET', COLLECTION, '2.35'),
            ('GET', COLLECTION + '/there', None),
            ('GET', COLLECTION + '/there.json', None),
            ('GET', COLLECTION + '/none', None),
            ('DELETE', COLLECTION + '/none', '2.10'),
            ('PUT', COLLECTION, None),
            ('GET', '/no-such-thing', None),
            ('GET', '/bbbb/os-keypairs', '2.35'),
            ('GET', COLLECTION, '2.999'),
            ('GET', COLLECTION, 'bad'),
            ('OPTIONS', COLLECTION, None),
            ('GET', '', None),
        ):
            yield user.send(
                f'accept {accept}: {method} {path} {version}',
                method,
                path,
                version,
                headers=headers,
            )
        yield user.post(
            f'accept {accept}: create',
            {'keypair': {'name': 'brief', 'public_key': _KEY}},
            headers=headers,
        )
        yield user.send(
            f'accept {accept}: delete',
            'DELETE',
            COLLECTION + '/brief',
            '2.2',
            headers=headers,
        )
        yield Caller(None).send(
            f'accept {accept}: nobody', 'GET', COLLECTION, headers=headers
        )


def _protocols(user: Caller) -> Script:
    for title, protocol, host in (
        ('HTTP/1.0', 'HTTP/1.0', 'old.example.org'),
        ('HTTP/1.0 without a host', 'HTTP/1.0', None),
        ('HTTP/1.1 without a host', 'HTTP/1.1', None),
    ):
        yield user.send(
            f'{title}: show',
            'GET',
            COLLECTION + '/there',
            protocol=protocol,
            host=host,
        )
    yield user.send('empty lines in front', '\r\n\r\nGET', COLLECTION)
    for name, value in (
        ('Origin', 'http://elsewhere.example.org'),
        ('Access-Control-Request-Method', 'POST'),
        ('X-Forwarded-Proto', 'https'),
        ('X-Forwarded-Host', 'public.example.org'),
        ('X-Forwarded-Prefix', '/compute'),
        ('Forwarded', 'proto=https;host=public.example.org'),
        ('X-OpenStack-Request-ID', 'req-11111111-2222-3333-4444-555555555555'),
        ('X-OpenStack-Request-ID', 'not one'),
        ('X-Compute-Request-Id', 'req-11111111-2222-3333-4444-555555555555'),
        ('If-None-Match', '*'),
        ('If-Modified-Since', 'Sat, 01 Jan 2000 00:00:00 GMT'),
        ('Range', 'bytes=0-10'),
        ('Accept-Encoding', 'gzip'),
        ('Accept-Language', 'de'),
        ('Expect', '100-continue'),
        ('X-Service-Token', 'x'),
        ('Cookie', 'a=b'),
    ):
        for method in ('GET', 'OPTIONS'):
            yield user.send(
                f'header {name}: {value}: {method}',
                method,
                COLLECTION + '?limit=1',
                '2.35',
                headers=((name, value),),
            )


def _browsers(user: Caller) -> Script:
    """Ask as a browser does that shows a page from elsewhere."""
    for origin in (
        'http://elsewhere.example.org',
        'http://compute.example.org:8774',
        'null',
    ):
        for path in (COLLECTION, f'{COLLECTION}/there', '/no-such-thing', ''):
            for method, wanted in (
                ('GET', 'X-Auth-Token'),
                ('POST', 'content-type, x-auth-token, openstack-api-version'),
                ('DELETE', 'X-OpenStack-Nova-API-Version'),
                ('DELETE', 'X-Unknown'),
                ('FOO', ''),
            ):
                yield Caller(None).send(
                    f'preflight of {origin}: {method} {path}, {wanted}',
                    'OPTIONS',
                    path,
                    headers=(
                        ('Origin', origin),
                        ('Access-Control-Request-Method', method),
                        ('Access-Control-Request-Headers', wanted),
                    ),
                )
            yield user.send(
                f'origin {origin}: {path}',
                'GET',
                path,
                headers=(('Origin', origin),),
            )
            yield Caller(None).send(
                f'origin {origin}: {path}, nobody',
                'GET',
                path,
                headers=(('Origin', origin),),
            )
