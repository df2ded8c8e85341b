# SPDX-License-Identifier: Apache-2.0

"""What is answered while the database is away."""

from typing import Final

from keypair_ext.tests.functional.conformance.areas.script import (
    Script,
    Settings,
)
from keypair_ext.tests.functional.conformance.caller import COLLECTION, Caller
from keypair_ext.tests.unit.keytypes import vectors

USER: Final = Caller('away')


def script(settings: Settings) -> Script:
    """Ask what needs the database, and what does not."""
    user = USER
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
