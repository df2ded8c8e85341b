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

"""What is answered while the database is away."""

from keypair_ext.tests.functional.conformance.areas.script import (
    Script,
    Settings,
)
from keypair_ext.tests.functional.conformance.caller import COLLECTION, Caller
from keypair_ext.tests.unit.keytypes import vectors


def script(settings: Settings) -> Script:
    """Ask what needs the database, and what does not."""
    user = Caller('away')
    yield user.list('list')
    yield user.list('page', '2.35', '?limit=1')
    yield user.show('show', 'it')
    yield user.create('import', name='it', public_key=vectors.ED25519.line)
    yield user.create('generate', name='it')
    yield user.delete('delete', 'it', '2.2')
    yield user.create('bad name', name='k/', public_key='bad')
    yield user.list('bad version', 'bad')
    yield user.send('other project', 'GET', f'/bbbb{COLLECTION}')
    yield user.send('document', 'GET', '')
    yield Caller(None).list('nobody')
