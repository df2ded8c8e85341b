# SPDX-License-Identifier: Apache-2.0

"""Private keys are found in whatever form, and nothing else is."""

import base64
import functools
import json
import os
import random
import re
import textwrap
from collections.abc import Iterator
from typing import Any

from cryptography import utils
from cryptography.hazmat.backends.openssl import backend
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import (
    dsa,
    ec,
    ed448,
    ed25519,
    rsa,
    x25519,
)

from keypair_ext import keytypes
from keypair_ext.keytypes.private import holds_private_key
from keypair_ext.tests import base
from keypair_ext.tests.unit.keytypes import vectors

PEM = serialization.Encoding.PEM
FORMATS = serialization.PrivateFormat
LOCKED: Any = serialization.BestAvailableEncryption(b'password')
OPEN: Any = serialization.NoEncryption()

RSA = rsa.generate_private_key(65537, 2048)
KEYS: dict[str, Any] = {
    'RSA': RSA,
    'P-256': ec.generate_private_key(ec.SECP256R1()),
    'P-521': ec.generate_private_key(ec.SECP521R1()),
    'Ed25519': ed25519.Ed25519PrivateKey.generate(),
    'Ed448': ed448.Ed448PrivateKey.generate(),
    'DSA': dsa.generate_private_key(1024),  # noqa: S505 (SSH has no other)
}
# Not in the mode of FIPS 140.
if backend.x25519_supported():
    KEYS['X25519'] = x25519.X25519PrivateKey.generate()
# What each was seen behind.
FRONTS = ('', f'{vectors.ED25519.line} ', f'{vectors.RSA_1024.line} c@d\n')

# openssl req -x509 of old: version 1, which begins like a private key.
CERTIFICATE_1 = """-----BEGIN CERTIFICATE-----
MIG+MHICAQEwBQYDK2VwMAwxCjAIBgNVBAMMAWEwHhcNMjYxMTI2MTUxMzM0WhcN
MjYxMjI2MTUxMzM0WjAMMQowCAYDVQQDDAFhMCowBQYDK2VwAyEAbfgaP4VLmiBW
gJ2F2VUWcf8U6G/fr5CKAVdcVmYUGEYwBQYDK2VwA0EA0Ys5kamA9YevANKtyfWN
XZapKjyQWMb5GbnjOzcYYGeWzfDQ3A7gd9094AbW+aVY5NSnNcOZ0I9yd8saMunS
Cw==
-----END CERTIFICATE-----
"""
REQUEST = """-----BEGIN CERTIFICATE REQUEST-----
MIGLMD8CAQAwDDEKMAgGA1UEAwwBYTAqMAUGAytlcAMhAG34Gj+FS5ogVoCdhdlV
FnH/FOhv36+QigFXXFZmFBhGoAAwBQYDK2VwA0EARybDUvbXiaQR1Ic6b4SA+fLL
DYNU+7gVckqmmyrzbrK98Z6kYAe9Yxq3w93A6LThwWCV5fvfHQGfWOF78JunBA==
-----END CERTIFICATE REQUEST-----
"""
PGP_SECRET = (
    'lFgEawhMnxYJKwYBBAHaRw8BAQdARW/nGCk6lfBtjJGXQXQ+eAp434Vxkrq7JWpsfxrc'
    'anUAAP92zg2oIOwbcVEyvQ9EUpcgqLKXATT9wfT5ofVeG0qLphCHtAF1iJYEExYIAD4W'
    'IQTrYkILOeMIRWDKqUG+ZLIVBXqOuQUCawhMnwIbAwUJA8JnAAULCQgHAgYVCgkICwIE'
    'FgIDAQIeAQIXgAAKCRC+ZLIVBXqOuUm7AP9u0VjV9OD+f9zn+yLgebA6i6OmYT7t3MYB'
    'FePx/ydwkAD9EOT6jzQ/MGHf047j1y8ItXWWCosasSxM5VZcMq3NrAY='
)
PGP_PUBLIC = (
    'mDMEawhMnxYJKwYBBAHaRw8BAQdARW/nGCk6lfBtjJGXQXQ+eAp434Vxkrq7JWpsfxrc'
    'anW0AXWIlgQTFggAPhYhBOtiQgs54whFYMqpQb5kshUFeo65BQJrCEyfAhsDBQkDwmcA'
    'BQsJCAcCBhUKCQgLAgQWAgMBAh4BAheAAAoJEL5kshUFeo65SbsA/27RWNX04P5/3Of7'
    'IuB5sDqLo6ZhPu3cxgEV4/H/J3CQAP0Q5PqPND8wYd/TjuPXLwi1dZYKixqxLEzlVlwy'
    'rc2sBg=='
)


@functools.cache
def files() -> list[tuple[str, str]]:
    """Return files of private keys as programs write them, with a name."""
    found = []
    for name, key in KEYS.items():
        for form in (
            FORMATS.PKCS8,
            FORMATS.OpenSSH,
            FORMATS.TraditionalOpenSSL,
        ):
            for lock in (OPEN, LOCKED):
                if form is FORMATS.OpenSSH and lock is LOCKED:
                    lock = form.encryption_builder().kdf_rounds(1).build(b'p')
                try:
                    pem = key.private_bytes(PEM, form, lock)
                # There is no such file, or a warning that there will be none.
                except (ValueError, utils.CryptographyDeprecationWarning):
                    continue
                found.append((f'{name} {form}', pem.decode()))
    return found


def body(pem: str) -> str:
    """Return the base64 of a PEM file."""
    return ''.join(
        line
        for line in pem.splitlines()
        if not line.startswith('-') and ':' not in line
    )


def spellings(text: str) -> Iterator[str]:
    """Yield ways in which a secret in base64 gets into a field."""
    data = base64.b64decode(text)
    yield text
    for between in (
        '\n',
        '\r\n',
        '\t',
        '\xa0',
        '\u200b',
        '" "',
        '\\n',
        '\n> ',
    ):
        yield between.join(textwrap.wrap(text, 64))
    for width, between in (
        (7, '\n'),
        (5, '\u200d'),
        (11, '\ufeff'),
        (6, '\\u200b'),
    ):
        yield between.join(textwrap.wrap(text, width))
    yield data.hex()
    yield data.hex(':').upper()
    yield ', '.join(f'0x{byte:02x}' for byte in data)
    yield ''.join(f'\\x{byte:02x}' for byte in data)
    yield base64.urlsafe_b64encode(data).decode()
    yield text.replace('+', '%2B').replace('/', '%2F').replace('=', '%3D')
    yield text.replace('+', '&#43;').replace('/', '&#x2F;')
    for before in (b'x', b'xy', text.encode()):
        yield base64.b64encode(before + data).decode()
    yield base64.b64encode(text.encode()).decode()


def strings(*values: bytes) -> bytes:
    return b''.join(len(value).to_bytes(4) + value for value in values)


def mpint(number: int) -> bytes:
    return number.to_bytes(number.bit_length() // 8 + 1)


class TestFound(base.TestCase):
    def assert_found(self, text: str, name: str = '') -> None:
        for front in FRONTS:
            self.assertTrue(holds_private_key(front + text), (name, text))

    def test_files(self) -> None:
        for name, pem in files():
            for text in (
                pem,
                pem.replace('\n', '\\n'),
                pem.replace(' ', '\xa0'),
                pem.replace('-', '\u2014'),
                pem.replace('PRIVATE', 'PRI\u200bVATE'),
                pem.replace(' ', ' \t '),
                '\n'.join(textwrap.wrap(pem, 7)),
                pem.split('\n', 1)[1],
                pem.rstrip().rsplit('\n', 1)[0],
                base64.b64encode(pem.encode()).decode(),
                base64.b64encode(pem.encode('utf-16-le')).decode(),
                base64.encodebytes(base64.encodebytes(pem.encode())).decode(),
                pem.encode().hex(),
            ):
                self.assert_found(text, name)

    def test_files_without_their_lines(self) -> None:
        for name, pem in files():
            if 'DEK-Info' in pem:
                continue  # Without its lines it is random.
            for text in spellings(body(pem)):
                self.assert_found(text, name)

    def test_what_we_give_out(self) -> None:
        for key_type in keytypes.load(lambda: RSA).values():
            made = key_type.generate('bob', '')
            self.assertFalse(holds_private_key(made.public_key))
            self.assert_found(made.private_key)
            self.assertTrue(
                holds_private_key(f'{made.public_key}\n{made.private_key}')
            )

    def test_beginning_is_lost(self) -> None:
        numbers = RSA.private_numbers()
        for form, lines in (
            (FORMATS.TraditionalOpenSSL, 3),
            (FORMATS.OpenSSH, 3),
        ):
            pem = RSA.private_bytes(PEM, form, OPEN).decode()
            rest = pem.splitlines()[1 + lines : -1]
            self.assert_found('\n'.join(rest))
        for name in ('P-256', 'P-521', 'Ed25519'):
            pem = KEYS[name].private_bytes(PEM, FORMATS.OpenSSH, OPEN).decode()
            self.assert_found('\n'.join(pem.splitlines()[2:-1]), name)
        putty = strings(
            *map(mpint, (numbers.d, numbers.p, numbers.q, numbers.iqmp))
        )
        self.assert_found(base64.encodebytes(putty).decode())

    def test_words(self) -> None:
        number = base64.urlsafe_b64encode(os.urandom(32)).decode().rstrip('=')
        code = base64.b64encode(os.urandom(32)).decode()
        for text in (
            'PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n',
            'PuTTY-User-Key-File-2: ssh-rsa\nEncryption: aes256-cbc\n',
            f'Private-Lines: 1\n{number}\nPrivate-MAC: {os.urandom(32).hex()}',
            base64.b64encode(strings(b'\x99' * 32)).decode(),  # PuTTY's
            '---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\nP2/56wAA',
            'P2/56wAAAi4AAAA3aWYtbW9kbntzaWdue3JzYS1wa2NzMS1zaGExfQ==',
            'SSH PRIVATE KEY FILE FORMAT 1.1\n',
            '-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlQ',
            'AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZ',
            f'untrusted comment: minisign encrypted secret key\n{number}',
            base64.b64encode(b'EdScB2' + os.urandom(152)).decode(),
            base64.b64encode(b'EdBK\0\0\0\x2a' + os.urandom(96)).decode(),
            '(protected-private-key (ecc (curve Ed25519)(flags eddsa)',
            'Private-Key: (2048 bit, 2 primes)\nmodulus:\n',
            'ED25519 Private-Key:\npriv:\n    9d:61:b1:9d',
            f'<RSA><Modulus>AA</Modulus><D>{code}</D></RSA>',
            f'[Interface]\nPrivateKey = {code}',
            PGP_SECRET,
            *(
                json.dumps(jwk, indent=indent)
                for indent in (None, 1)
                for jwk in (
                    {'kty': 'OKP', 'crv': 'Ed25519', 'd': number, 'x': 'A'},
                    {'d': number, 'e': 'AQAB', 'kty': 'RSA'},
                    {'kty': 'oct', 'k': number},
                )
            ),
            f'kty: OKP\nd: {number}',
        ):
            self.assert_found(text)

    def test_takes_no_time(self) -> None:
        for text in (
            'kty ' * 16000,
            'BEGIN' * 13000,
            ('AAAAI' + 'b' * 40 + ' ') * 1400,
            base64.b64encode(b'\0\0\0\x20' * 12000).decode(),
            base64.b64encode(b'\x02\x20' * 24000).decode(),
        ):
            started = os.times().user
            holds_private_key(text)
            self.assertLess(os.times().user - started, 2)


class TestNotFound(base.TestCase):
    """Public keys look random; a few thousand, and what is beside them."""

    def setUp(self) -> None:
        super().setUp()
        self.random = random.Random(1)

    def assert_not_found(self, text: str) -> None:
        self.assertFalse(holds_private_key(text), text)

    def test_every_kind(self) -> None:
        for key in vectors.ALL.values():
            for text in (
                key.line,
                f'{key.line} c\n' * 5,
                key.data,
                re.sub('(.{20})', '\\1-.~', key.line),
                base64.b64encode(key.line.encode()).decode(),
                base64.b64decode(key.data).hex(':'),
                *(
                    '\n'.join(textwrap.wrap(key.line, n))
                    for n in range(20, 80)
                ),
                *(f'{key.line[:n]}!{key.line[n:]}' for n in range(120)),
                *(
                    f'{key.line[: n - 2]}-{key.line[n - 2 : n]}*{key.line[n:]}'
                    for n in range(2, 120)
                ),
            ):
                self.assert_not_found(text)

    def test_random_keys_and_comments(self) -> None:
        for _ in range(3000):
            self.assert_not_found(f'{self._line()}{self._comment()}')

    def _line(self) -> str:
        number = b'\0\x80' + self.random.randbytes(255)
        point = self.random.randbytes(32)
        application = b'ssh:' + b'a' * self.random.randrange(60)
        nonce, serial = self.random.randbytes(32), self.random.randbytes(8)
        blob = self.random.choice(
            (
                strings(b'ssh-rsa', b'\1\0\1', number),
                strings(b'ssh-ed25519', point),
                strings(
                    b'ssh-dss', number, b'\0' + nonce[:20], number, number
                ),
                strings(b'sk-ssh-ed25519@openssh.com', point, application),
                strings(
                    b'sk-ecdsa-sha2-nistp256@openssh.com',
                    b'nistp256',
                    b'\4' + point * 2,
                    application,
                ),
                strings(b'ssh-ed25519-cert-v01@openssh.com', nonce, point)
                + serial
                + strings(b'', point, b'id', number),
                strings(
                    b'sk-ssh-ed25519-cert-v01@openssh.com',
                    nonce,
                    point,
                    application,
                )
                + serial,
            )
        )
        name = blob[4 : 4 + blob[3]].decode()
        return f'{name} {base64.b64encode(blob).decode()}'

    def _comment(self) -> str:
        noise = self.random.randbytes(32)
        code = base64.urlsafe_b64encode(noise).decode().rstrip('=')
        return self.random.choice(
            (
                '',
                ' me@host.example.org',
                f' SHA256:{code} kept in the vault, private key: see there',
                f' {noise.hex(":")} {noise.hex()} {noise.hex()}',
                f' {{"kty":"OKP","crv":"Ed25519","x":"-d-{code}","kid":"d"}}',
                f' age1{noise.hex()} RWQ{code} {code}=',
                ' the BEGINNING and END of what a PRIVATE person has as KEY',
                ' secret/private-key/of/deploy PrivateKey=/root/keys/' + code,
                f' {noise.decode("latin-1")} & 100%41 \\n "quoted" d: {code}',
                f'\n{self._line()} other\n{self._line()}\n',
            )
        )

    def test_other_things(self) -> None:
        for text in (CERTIFICATE_1, REQUEST, PGP_PUBLIC, 'x' * 60000):
            self.assert_not_found(text)
            self.assert_not_found(f'{vectors.RSA_1024.line} {text}')
        for key in KEYS.values():
            public = key.public_key().public_bytes(
                PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            self.assert_not_found(public.decode())
