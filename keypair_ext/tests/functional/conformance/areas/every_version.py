# SPDX-License-Identifier: Apache-2.0

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
