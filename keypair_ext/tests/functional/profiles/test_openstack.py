# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""OpenStack's document: Create or import keypair, API v2.1."""

import re

from keypair_ext.tests.functional.profiles import samples, tables
from keypair_ext.tests.functional.profiles.mounts import PROJECT
from keypair_ext.tests.functional.profiles.tables import Case, Request, create

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
    Case(
        'generate-where-the-key-is-left-out',
        create('generated'),
        200,
        {
            'fingerprint': tables.FINGERPRINT,
            'name': 'generated',
            'private_key': tables.PRIVATE_KEY,
            'public_key': re.compile('ssh-rsa AAAA[^ ]+ Generated-by-Nova'),
            'user_id': 'generating',
        },
        user='generating',
    ),
    Case(
        'name-is-required',
        Request('POST', '/os-keypairs', {'public_key': samples.OPENSTACK_KEY}),
        400,
        fault='badRequest',
    ),
)
class TestOpenStack(tables.Table):
    mount = '/nova/v2.1'
