# SPDX-License-Identifier: Apache-2.0

"""OpenStack's document: Create or import keypair, API v2.1."""

from keypair_ext.tests.functional.profiles import samples, tables
from keypair_ext.tests.functional.profiles.mounts import PROJECT
from keypair_ext.tests.functional.profiles.tables import Case, create

SAMPLE = {
    'fingerprint': samples.FINGERPRINT,
    'name': samples.OPENSTACK_NAME,
    'public_key': samples.OPENSTACK_KEY,
    'user_id': 'fake',
}


@tables.of(
    Case(
        'import-sample',
        create(samples.OPENSTACK_NAME, samples.OPENSTACK_KEY)._replace(
            path=f'/{PROJECT}/os-keypairs'
        ),
        200,
        SAMPLE,
        headers={
            'Content-Type': 'application/json',
            'OpenStack-API-Version': 'compute 2.1',
            'X-OpenStack-Nova-API-Version': '2.1',
        },
        user='fake',
    ),
)
class TestOpenStack(tables.Table):
    mount = '/nova/v2.1'
