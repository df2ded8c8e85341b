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

"""The life of a key pair in every version there is."""

from keypair_ext.tests.functional.conformance.areas.script import (
    ALL_VERSIONS,
    Script,
    Settings,
)
from keypair_ext.tests.functional.conformance.caller import Caller
from keypair_ext.tests.unit.keytypes import vectors

_KEY = f'{vectors.ED25519.line} somebody@example.org'


def script(settings: Settings) -> Script:
    """Create, show, list and delete; import and generate."""
    for version in (None, *ALL_VERSIONS, 'latest'):
        user = Caller(f'every-version-{version}')
        yield from _life(user, version)


def _life(user: Caller, version: str | None) -> Script:
    def named(step: str) -> str:
        return f'{version or "no version"}: {step}'

    yield user.list(named('list none'), version)
    yield user.create(named('import'), version, name='one', public_key=_KEY)
    yield user.create(
        named('import again'), version, name='one', public_key=_KEY
    )
    yield user.create(named('import bad'), version, name='bad', public_key='x')
    yield user.create(named('generate'), version, name='two')
    yield user.create(named('generate again'), version, name='two')
    yield user.show(named('show imported'), 'one', version)
    yield user.show(named('show generated'), 'two', version)
    yield user.show(named('show missing'), 'three', version)
    yield user.list(named('list'), version)
    yield user.delete(named('delete imported'), 'one', version)
    yield user.delete(named('delete generated'), 'two', version)
    yield user.delete(named('delete again'), 'one', version)
    yield user.show(named('show deleted'), 'one', version)
