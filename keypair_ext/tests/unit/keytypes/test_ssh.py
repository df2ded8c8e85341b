# SPDX-License-Identifier: Apache-2.0

"""SSH keys: what is accepted, why the rest is refused, what is made."""

import base64
import hashlib

from cryptography.hazmat.primitives import serialization

from keypair_ext import exception
from keypair_ext.keytypes import base as keytypes_base, rsa, ssh
from keypair_ext.tests import base
from keypair_ext.tests.unit.keytypes import vectors

ED25519 = vectors.ED25519
KEY_TYPE = ssh.SshKeyType(rsa.make_rsa)
RSA = vectors.RSA_1024  # its data ends in ==


def make_line(key_type: str, *values: bytes | int) -> str:
    """Write a public key, whether it makes sense or not."""
    blob = b''
    for value in (key_type.encode(), *values):
        string = value if isinstance(value, bytes) else mpint(value)
        blob += len(string).to_bytes(4) + string
    return f'{key_type} {base64.b64encode(blob).decode()}'


def mpint(value: int) -> bytes:
    return value.to_bytes((value.bit_length() + 8) // 8)


class TestCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.key_type = ssh.SshKeyType(rsa.make_rsa)

    def refuse(self, public_key: str) -> str:
        error = self.assertRaises(
            exception.InvalidKey, self.key_type.fingerprint, public_key
        )
        self.assertIsNone(error.__cause__)
        self.assertIsNone(error.__context__)
        return str(error.fields['reason'])


class TestAccept(TestCase):
    def test_every_kind(self) -> None:
        self.assertEqual(
            {name: key.fingerprint for name, key in vectors.ALL.items()},
            {
                name: self.key_type.fingerprint(key.line)
                for name, key in vectors.ALL.items()
            },
        )

    def test_every_kind_as_files_hold_it(self) -> None:
        for end in (
            ' user@host',
            '\n',
            '\r\n',
            ' a b  c\n',
            ' \u00e9\U0001f511',
        ):
            for name, key in vectors.ALL.items():
                self.assertEqual(
                    key.fingerprint,
                    self.key_type.fingerprint(key.line + end),
                    f'{name} {end!r}',
                )

    def test_unusual(self) -> None:
        kind, data = ED25519.type, ED25519.data
        for text in (
            f'{kind}\t{data}',
            f'{kind}\t{data}\tcomment',
            f'{kind}  {data}',
            f'{kind} \t {data} comment',
            f'{kind} {data}\tcomment',
            f'{kind} {data}\tcomm',  # Nova hashes these four along
            f'{kind} {data}\ncomm',
            f'{kind} {data}===',
            f'{kind} {data}= comment',
            f'{kind} {data[:20]}-.\x1b~{data[20:]} comment',
            f'{kind} {data}\n\n',
            f'{kind} {data} comment\n{RSA.line} comment\n',
            f'{kind} {data} comment\x1b[31m',
            f'{kind}  {data}\n{kind}  {data}',
            f'{kind}  {data[:20]}\u00e9{data[20:]}',
        ):
            self.assertEqual(
                ED25519.fingerprint, self.key_type.fingerprint(text), text
            )

    def test_two_lines_where_padding_ends_the_first(self) -> None:
        self.assertEqual(
            RSA.fingerprint,
            self.key_type.fingerprint(f'{RSA.line}\n{ED25519.line}'),
        )

    def test_as_long_as_the_column(self) -> None:
        room = keytypes_base.MAX_BYTES - len(ED25519.line) - 1
        text = f'{ED25519.line} {"x" * room}'
        self.assertEqual(ED25519.fingerprint, self.key_type.fingerprint(text))

    def test_large_rsa(self) -> None:
        modulus = (1 << 16383) | 1
        line = make_line('ssh-rsa', 65537, modulus)
        blob = base64.b64decode(line.split()[1])
        self.assertEqual(
            hashlib.md5(blob, usedforsecurity=False).digest().hex(':'),
            self.key_type.fingerprint(line),
        )


class TestRefusePrivateKey(TestCase):
    def test_alone_or_behind_a_public_one(self) -> None:
        # What there is of them is in test_private.py.
        made = self.key_type.generate('user', '')
        for front in ('', '  \n', f'{ED25519.line} comment\n'):
            reason = self.refuse(front + made.private_key)
            self.assertIn('it holds a private key', reason)
            self.assertIn('send the public part only', reason)

    def test_the_words_alone_are_a_comment(self) -> None:
        text = f'{ED25519.line} belongs to the PRIVATE KEY of user'
        self.assertEqual(ED25519.fingerprint, self.key_type.fingerprint(text))


class TestGenerate(TestCase):
    def test_key(self) -> None:
        made = self.key_type.generate('user', 'Generated-by-Nova')
        kind, data, comment = made.public_key.split(' ')
        self.assertEqual('ssh-rsa', kind)
        self.assertEqual('Generated-by-Nova', comment)
        self.assertEqual(
            made.fingerprint, self.key_type.fingerprint(made.public_key)
        )
        lines = made.private_key.splitlines(keepends=True)
        self.assertEqual('-----BEGIN RSA PRIVATE KEY-----\n', lines[0])
        self.assertEqual('-----END RSA PRIVATE KEY-----\n', lines[-1])
        private_key = serialization.load_pem_private_key(
            made.private_key.encode(), None
        )
        self.assertEqual(
            f'{kind} {data}'.encode(),
            private_key.public_key().public_bytes(
                serialization.Encoding.OpenSSH,
                serialization.PublicFormat.OpenSSH,
            ),
        )


class TestRewrite(TestCase):
    """What a vendor's profile does to a key before it is stored."""

    def test_padding(self) -> None:
        for given, wanted in (
            ('AAAA', 'AAAA'),
            ('AAA', 'AAA='),
            ('AA', 'AA=='),
            ('AA=', 'AA=='),
            ('AA==', 'AA=='),
            ('AA===', 'AA==='),
            ('A', 'A'),
            ('A-A', 'A-A=='),
            ('AA=A', 'AA=A'),
            ('A\u00e9A\ud800', 'A\u00e9A\ud800=='),
        ):
            for end in ('', ' comment', '\tcomment', '\r\n'):
                self.assertEqual(
                    f'ssh-rsa \t{wanted}{end}',
                    KEY_TYPE.rewrite(f'ssh-rsa \t{given}{end}', True, None),
                )

    def test_comment(self) -> None:
        for given, wanted in (
            ('', ' new'),
            ('\n', ' new\n'),
            (' \r\n', ' new \r\n'),
            (' old', ' old'),
            ('\told', '\told'),
            ('\nssh-rsa AAAA', '\nssh-rsa AAAA'),
        ):
            self.assertEqual(
                f'{RSA.line}{wanted}',
                KEY_TYPE.rewrite(f'{RSA.line}{given}', True, 'new'),
            )

    def test_other_texts_stay(self) -> None:
        for text in (
            '',
            'ssh-rsa',
            ' ssh-rsa AA',
            'ssh-ed448 AA',
            '-----BEGIN RSA PUBLIC KEY-----\nAA',
        ):
            self.assertEqual(text, KEY_TYPE.rewrite(text, True, 'new'))
