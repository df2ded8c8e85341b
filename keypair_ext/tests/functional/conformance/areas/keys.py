# SPDX-License-Identifier: Apache-2.0

"""What is taken for a public key, as ``ssh`` and as ``x509``."""

from keypair_ext.tests.functional.conformance.areas import material
from keypair_ext.tests.functional.conformance.areas.script import (
    Script,
    Settings,
)
from keypair_ext.tests.functional.conformance.caller import Caller


def ssh(settings: Settings) -> Script:
    """Import each as an SSH key, look at it and delete it."""
    user = Caller('keys-ssh')
    for name, key in material.ssh().items():
        yield from _imported(user, name, 'ssh', key)
    for name in ('kind RSA_2048', 'kind ED25519', 'empty', 'words'):
        key = material.ssh()[name]
        for version in (None, '2.1', '2.2', '2.10', '2.91'):
            title = f'{name} in {version}'
            yield user.create(title, version, name='old', public_key=key)
            yield user.delete(f'{title}: delete', 'old', version)


def x509(settings: Settings) -> Script:
    """Import each as a certificate, look at it and delete it."""
    user = Caller('keys-x509')
    for name, key in material.x509().items():
        yield from _imported(user, name, 'x509', key)


def generated(settings: Settings) -> Script:
    """Generate both types for users of all kinds of names."""
    for number, name in enumerate(
        (
            'plain',
            'with blank',
            'a/b',
            'a+b=c,d',
            'quote"s',
            "apostrophe's",
            '<angle>',
            '#hash',
            'back\\slash',
            'at@example.org',
            'caf\xc3\xa9',
            'x' * 64,
            'x' * 65,
            'x' * 200,
            '-',
            '$HOME',
            '%41',
        )
    ):
        user = Caller(f'generated {name}')
        for key_type in ('ssh', 'x509'):
            title = f'{number}, {name[:20]}, {key_type}'
            yield user.create(
                f'{title}: create', '2.2', name=f'my-{key_type}', type=key_type
            )
            yield user.show(f'{title}: show', f'my-{key_type}', '2.2')
        yield user.list(f'{number}, {name[:20]}: list', '2.2')


def _imported(user: Caller, name: str, key_type: str, key: str) -> Script:
    yield user.create(
        f'{name}: import', '2.92', name='it', type=key_type, public_key=key
    )
    yield user.show(f'{name}: show', 'it', '2.92')
    yield user.list(f'{name}: list', '2.92')
    yield user.delete(f'{name}: delete', 'it', '2.92')
