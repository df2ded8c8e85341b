# SPDX-License-Identifier: Apache-2.0

"""Vietnix's document: create or import an SSH key pair."""

import datetime
import re

import fixtures

from keypair_ext.tests.functional import fixtures as service
from keypair_ext.tests.functional.profiles import samples, tables
from keypair_ext.tests.functional.profiles.mounts import PROJECT
from keypair_ext.tests.functional.profiles.tables import Case, Request, create

VERSION = {'X-OpenStack-Nova-API-Version': '2.72'}
TOLD = {
    'OpenStack-API-Version': 'compute 2.72',
    'X-OpenStack-Nova-API-Version': '2.72',
}

CREATED_AT = re.compile(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}')

IMPORT = create('apikey2', samples.VIETNIX_KEY)._replace(
    path=f'/{PROJECT}/os-keypairs', headers=VERSION
)
GENERATE = create('apikey1')._replace(
    path=f'/{PROJECT}/os-keypairs', headers=VERSION
)
IMPORTED = {
    'created_at': CREATED_AT,
    'fingerprint': samples.VIETNIX_FINGERPRINT,
    'name': 'apikey2',
    'public_key': samples.VIETNIX_KEY,
    'type': 'ssh',
    'user_id': samples.VIETNIX_USER,
}
GENERATED = {
    'created_at': CREATED_AT,
    'fingerprint': tables.FINGERPRINT,
    'name': 'apikey1',
    'private_key': tables.PRIVATE_KEY,
    'public_key': re.compile('ssh-rsa AAAA[^ ]+ Generated-by-Nova'),
    'type': 'ssh',
    'user_id': samples.VIETNIX_USER,
}
SHOWN = {
    **IMPORTED,
    'created_at': re.compile(r'.{19}\.000000'),
    'deleted': False,
    'deleted_at': None,
    'id': tables.ANY,
    'updated_at': None,
    'user_id': tables.SOME,
}


def at(version: str, request: Request) -> Request:
    """Return a request that names another microversion, or none."""
    headers = {'X-OpenStack-Nova-API-Version': version} if version else {}
    return request._replace(headers=headers)


def described(title: str, comment: str) -> Case:
    """Return a row in which a key has a description."""
    key = f'ssh-rsa {samples.DATA}== {comment}'
    return Case(
        f'description-{title}',
        create('name', key)._replace(headers=VERSION),
        201,
        {
            **IMPORTED,
            'fingerprint': samples.FINGERPRINT,
            'name': 'name',
            'public_key': key,
            'user_id': f'descriptions-{title}',
        },
        user=f'descriptions-{title}',
    )


ROWS = (
    Case(
        'generate-sample',
        GENERATE,
        201,
        GENERATED,
        headers=TOLD,
        user=samples.VIETNIX_USER,
    ),
    described('sample', samples.VIETNIX_DESCRIPTION),
    described('with-blanks', 'VSTOR-KEY-DESC:  two  blanks\tand a tab '),
    described('vietnamese', 'VSTOR-KEY-DESC:Khóa của tôi \U0001f511'),
    described('with-newline', 'VSTOR-KEY-DESC:Key3 description\r\n'),
    Case(
        'import-certificate',
        create('windows', service.CERTIFICATE, type='x509')._replace(
            headers=VERSION
        ),
        201,
        {
            **IMPORTED,
            'fingerprint': service.SAMPLES['CERTIFICATE_FINGERPRINT'],
            'name': 'windows',
            'public_key': service.CERTIFICATE,
            'type': 'x509',
            'user_id': tables.SOME,
        },
    ),
    Case(
        '403-for-another-user',
        create('name', samples.VIETNIX_KEY, user_id='other')._replace(
            headers=VERSION
        ),
        403,
        fault='forbidden',
        headers=TOLD,
    ),
    Case(
        '409',
        IMPORT,
        409,
        fault='conflictingRequest',
        headers=TOLD,
        before=(IMPORT,),
    ),
    Case(
        'for-another-user',
        create('name', samples.VIETNIX_KEY, user_id='owner')._replace(
            headers={**VERSION, 'X-Roles': 'admin'}
        ),
        201,
        {**IMPORTED, 'name': 'name', 'user_id': 'owner'},
    ),
    # 2.72 is the newest, and what "latest" means.
    Case(
        'latest',
        at('latest', GENERATE),
        201,
        {**GENERATED, 'user_id': 'latest'},
        headers=TOLD,
        user='latest',
    ),
    Case(
        'version-2-73',
        at('2.73', GENERATE),
        406,
        fault='computeFault',
        headers={'OpenStack-API-Version': 'compute 2.73'},
    ),
    Case(
        'version-none',
        at('', GENERATE),
        201,
        {**GENERATED, 'user_id': 'nothing'},
        headers={'OpenStack-API-Version': 'compute 2.1'},
        user='nothing',
    ),
    # What the document leaves to the version.
    *(
        Case(
            f'show-at-{version}',
            at(version, Request('GET', '/os-keypairs/apikey2')),
            200,
            SHOWN,
            before=(IMPORT,),
        )
        for version in ('2.1', '2.72')
    ),
    *(
        Case(
            f'delete-at-{version}',
            at(version, Request('DELETE', '/os-keypairs/apikey2')),
            status,
            before=(IMPORT,),
        )
        for version, status in (('2.1', 202), ('2.72', 204))
    ),
)


@tables.of(
    Case(
        'import-sample',
        IMPORT,
        201,
        IMPORTED,
        headers=TOLD,
        user=samples.VIETNIX_USER,
    ),
    Case('import-at-2-1', at('', IMPORT), 201),
    *ROWS,
)
class TestVietnix(tables.Table):
    mount = '/vietnix/v2.1'

    def test_created_at_is_the_clocks(self) -> None:
        """The column keeps whole seconds, and so does what is shown."""
        moment = datetime.datetime.fromisoformat(samples.VIETNIX_CREATED_AT)
        self.useFixture(
            fixtures.MonkeyPatch('oslo_utils.timeutils.utcnow', lambda: moment)
        )
        answer = self.ask(IMPORT, 'timed')
        self.assertEqual(
            samples.VIETNIX_CREATED_AT, answer.json['keypair']['created_at']
        )
        answer = self.ask(Request('GET', '/os-keypairs/apikey2'), 'timed')
        self.assertEqual(
            '2025-10-08T08:49:39.000000', answer.json['keypair']['created_at']
        )

    def test_list(self) -> None:
        self.ask(IMPORT, 'listing')
        for version in ('2.1', '2.72'):
            answer = self.ask(
                at(version, Request('GET', '/os-keypairs')), 'listing'
            )
            self.assertEqual(200, answer.status_int)
            wanted = {
                'fingerprint': samples.VIETNIX_FINGERPRINT,
                'name': 'apikey2',
                'public_key': samples.VIETNIX_KEY,
                'type': 'ssh',
            }
            self.assertIn({'keypair': wanted}, answer.json['keypairs'])

    def test_version_document(self) -> None:
        answer = self.mounted.ask('GET', '/vietnix/v2.1/')
        version = answer.json['version']
        self.assertEqual('2.1', version['min_version'])
        self.assertEqual('2.72', version['version'])
        self.assertEqual(
            'http://localhost/vietnix/v2.1/', version['links'][0]['href']
        )


@tables.of(
    Case(
        'import-sample',
        IMPORT,
        200,
        IMPORTED,
        headers=TOLD,
        user=samples.VIETNIX_USER,
    ),
    Case('import-at-2-1', at('', IMPORT), 200),
    Case(
        'generate-at-2-1',
        at('', GENERATE),
        201,
        {**GENERATED, 'user_id': tables.SOME},
    ),
    Case(
        'version-2-73',
        at('2.73', GENERATE),
        406,
        fault='computeFault',
    ),
)
class TestVietnix200(tables.Table):
    mount = '/vietnix-200/v2.1'
