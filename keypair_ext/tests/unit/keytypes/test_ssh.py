# SPDX-License-Identifier: Apache-2.0

"""SSH keys: what is accepted, why the rest is refused, what is made."""

import base64
import hashlib
from collections.abc import Callable

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import (
    dsa,
    ec,
    ed25519,
)

from keypair_ext import exception, keytypes
from keypair_ext.keytypes import rsa, ssh
from keypair_ext.tests import base
from keypair_ext.tests.unit.keytypes import vectors

PEM = serialization.Encoding.PEM
OPENSSH = serialization.PrivateFormat.OpenSSH
PKCS1 = serialization.PrivateFormat.TraditionalOpenSSL
PKCS8 = serialization.PrivateFormat.PKCS8
NO_ENCRYPTION = serialization.NoEncryption()

ED25519 = vectors.ED25519
KEY_TYPE = ssh.SshKeyType(rsa.make_rsa)
RSA = vectors.RSA_1024  # its data ends in ==
REST = ': copy the key again, from the .pub file.'
CUT_OFF = (
    'its data is cut off, or broken into several lines: send the whole key '
    'on one line.'
)
GOES_ON = (
    'its data goes on behind the end of the key: copy the key again, from '
    'the .pub file.'
)
NOT_BASE64 = f'its data is not base64{REST}'
UNKNOWN = (
    'it does not begin with the name of a supported type and a blank: send '
    'the line of a .pub file whose first word is one of ssh-rsa, '
    'ssh-ed25519, ecdsa-sha2-nistp256, ecdsa-sha2-nistp384, '
    'ecdsa-sha2-nistp521, sk-ssh-ed25519@openssh.com, '
    'sk-ecdsa-sha2-nistp256@openssh.com, ssh-dss.'
)
NO_DATA = (
    'no data follows the name of its type on the same line: send the whole '
    'line of the .pub file.'
)
BEFORE_TYPE = (
    'something stands before the name of its type, such as the options of '
    'an authorized_keys file or the host of a known_hosts file: send the '
    'line from the type on.'
)
SIGNATURE_NAME = (
    'it begins with the name of a signature algorithm; the type of every '
    'RSA key is ssh-rsa: write that instead.'
)
NEXT_LINE = (
    'another line follows its data at once: send one key only, or give the '
    'first one a comment.'
)
NUL = 'it has a NUL character: send the key as plain text, encoded in UTF-8.'
TOO_LONG = (
    'it is longer than 65535 bytes: send one public key and nothing else.'
)
PEM_FILE = (
    'it is a PEM file, not an SSH public key: send the line of a .pub file.'
)
PRIVATE = (
    'it holds a private key, which must never leave its owner: send the '
    'public part only (the .pub file, or the certificate), and replace the '
    'private key if others could read it.'
)


def wrong_numbers(key_type: str) -> str:
    return (
        'the numbers in its data do not make a key of the type '
        f'{key_type}{REST}'
    )


def make_line(key_type: str, *values: bytes | int) -> str:
    """Write a public key, whether it makes sense or not."""
    blob = b''
    for value in (key_type.encode(), *values):
        string = value if isinstance(value, bytes) else mpint(value)
        blob += len(string).to_bytes(4) + string
    return f'{key_type} {base64.b64encode(blob).decode()}'


def mpint(value: int) -> bytes:
    return value.to_bytes((value.bit_length() + 8) // 8)


def changed(key: vectors.Vector, change: Callable[[bytes], bytes]) -> str:
    """Write a key whose blob is changed."""
    blob = change(base64.b64decode(key.data))
    return f'{key.type} {base64.b64encode(blob).decode()}'


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

    def assert_refused(self, table: dict[str, tuple[str, str]]) -> None:
        """Compare why the texts of a table are refused, all at once."""
        self.assertEqual(
            {case: reason for case, (_, reason) in table.items()},
            {case: self.refuse(text) for case, (text, _) in table.items()},
        )


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
        room = keytypes.MAX_BYTES - len(ED25519.line) - 1
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


class TestRefuse(TestCase):
    def test_other_things(self) -> None:
        self.assert_refused(
            {
                'empty': ('', 'it is empty: send the line of a .pub file.'),
                'blank': (
                    ' \r\n',
                    'it is empty: send the line of a .pub file.',
                ),
                'word': ('hello', UNKNOWN),
                'words': ('hello world', UNKNOWN),
                'host key list': (f'host.example.org {RSA.line}', BEFORE_TYPE),
                'options': (
                    f'no-pty,command="ls -l" {RSA.line} comment',
                    BEFORE_TYPE,
                ),
                'remark': (f'# my key\n{RSA.line}', BEFORE_TYPE),
                'certificate with options': (
                    f'no-pty {vectors.ED25519_CERTIFICATE.line}',
                    BEFORE_TYPE,
                ),
                'SSH2': (
                    '---- BEGIN SSH2 PUBLIC KEY ----\n'
                    f'{RSA.data}\n---- END SSH2 PUBLIC KEY ----\n',
                    'it is a public key in the format of RFC 4716 (SSH2): '
                    'convert it with "ssh-keygen -i -f FILE".',
                ),
                'X.509': (
                    '-----BEGIN CERTIFICATE-----\nMIIB\n',
                    'it is an X.509 certificate, not an SSH key: import it '
                    'with the type x509.',
                ),
                'PKCS#1': (
                    '-----BEGIN RSA PUBLIC KEY-----\nMIIB\n',
                    'it is a public key in PEM format: convert it with '
                    '"ssh-keygen -i -m PEM -f FILE".',
                ),
                'PKCS#8': (
                    '-----BEGIN PUBLIC KEY-----\nMIIB\n',
                    'it is a public key in PEM format: convert it with '
                    '"ssh-keygen -i -m PKCS8 -f FILE".',
                ),
                'PEM': ('-----BEGIN DH PARAMETERS-----\nMIIB\n', PEM_FILE),
            }
        )

    def test_characters(self) -> None:
        line = ED25519.line
        self.assert_refused(
            {
                'NUL in the comment': (f'{line} a\0b', NUL),
                'NUL in the data': (f'{line[:40]}\0{line[40:]}', NUL),
                'surrogate': (
                    f'{line} \ud83d',
                    'it has a character that UTF-8 cannot encode (half of a '
                    'surrogate pair): send the key as plain text.',
                ),
                'byte order mark': (
                    f'\ufeff{line}',
                    'it begins with a byte order mark: save the file as '
                    'UTF-8 without one.',
                ),
                'leading blank': (
                    f' {line}',
                    'it begins with white space: remove it.',
                ),
                'leading line break': (
                    f'\r\n{line}',
                    'it begins with white space: remove it.',
                ),
                'control character': (
                    f'ssh\x1b-rsa {RSA.data}',
                    'it has control characters in the name of its type: '
                    'send the line of a .pub file as plain text.',
                ),
                'no-break space': (line.replace(' ', '\u00a0'), UNKNOWN),
                'data': (f'{line[:40]}\u00e9{line[40:]}', NOT_BASE64),
            }
        )

    def test_size(self) -> None:
        room = keytypes.MAX_BYTES - len(ED25519.line) - 1
        self.assert_refused(
            {
                'characters': (
                    f'{ED25519.line} ' + 'x' * (room + 1),
                    TOO_LONG,
                ),
                'bytes': (f'{ED25519.line} ' + '\u00e9' * room, TOO_LONG),
            }
        )

    def test_type(self) -> None:
        kind, data = RSA.type, RSA.data
        self.assert_refused(
            {
                'sha256': (f'rsa-sha2-256 {data}', SIGNATURE_NAME),
                'sha512': (f'rsa-sha2-512 {data}', SIGNATURE_NAME),
                'unknown': (f'ssh-ed448 {data}', UNKNOWN),
                'sk certificate': (
                    'sk-ssh-ed25519-cert-v01@openssh.com AAAA',
                    UNKNOWN,
                ),
                'upper case': (
                    f'SSH-RSA {data}',
                    'the name of its type must be in lower case.',
                ),
                'missing': (
                    f'{data} comment',
                    'the name of its type, such as ssh-rsa, is missing '
                    'before the data: send the whole line of the .pub file.',
                ),
                'alone': (kind, NO_DATA),
                'alone, blank': (f'{kind} ', NO_DATA),
                'alone on its line': (f'{kind}\n{data}', NO_DATA),
                'another key': (
                    f'ssh-rsa {ED25519.data}',
                    'it begins with ssh-rsa, but its data is of the type '
                    f'ssh-ed25519{REST}',
                ),
                'another curve': (
                    f'ecdsa-sha2-nistp384 {vectors.ECDSA_256.data}',
                    'it begins with ecdsa-sha2-nistp384, but its data is of '
                    f'the type ecdsa-sha2-nistp256{REST}',
                ),
                'certificate as key': (
                    f'ssh-rsa {vectors.RSA_CERTIFICATE.data}',
                    'it begins with ssh-rsa, but its data is of the type '
                    f'ssh-rsa-cert-v01@openssh.com{REST}',
                ),
                'no key': (
                    'ssh-rsa garbage',
                    f'its data is not a key of the type ssh-rsa{REST}',
                ),
            }
        )

    def test_base64(self) -> None:
        line, bare = ED25519.line, RSA.line.rstrip('=')
        self.assert_refused(
            {
                'no alphabet': ('ssh-rsa !!!!! comment', NOT_BASE64),
                'one character': ('ssh-rsa A', NOT_BASE64),
                'padding': (
                    bare,
                    'the end of its data is missing: append "==" to it.',
                ),
                'half the padding': (
                    f'{bare}= comment',
                    'the end of its data is missing: append "=" to it.',
                ),
                'padding elsewhere': (
                    f'{line}=AAAA',
                    NOT_BASE64,
                ),
                'cut by 1': (line[:-1], CUT_OFF),
                'cut by 2': (line[:-2], CUT_OFF),
                'cut by 3': (line[:-3], CUT_OFF),
                'cut by 4': (line[:-4], CUT_OFF),
                'cut in the name': (line[:16], CUT_OFF),
                'wrapped': (f'{line[:50]}\n{line[50:]}', CUT_OFF),
                'one more': (f'{line}A', GOES_ON),
                'four more': (f'{line}AAAA', GOES_ON),
                'next line': (f'{line}\n{line}', NEXT_LINE),
                'next line, tabs': (
                    f'{line}\n{line}'.replace(' ', '\t'),
                    NEXT_LINE,
                ),
                'next line, no type': (f'{line}\r\nabc', NEXT_LINE),
            }
        )

    def test_numbers(self) -> None:
        parameters = dsa.generate_parameters(2048).parameter_numbers()
        p, q, g = parameters.p, parameters.q, parameters.g
        self.assert_refused(
            {
                'DSA of 2048 bits': (
                    make_line('ssh-dss', p, q, g, 4),
                    'SSH has DSA keys of 1024 bits only: use another type.',
                ),
                'negative DSA': (
                    make_line('ssh-dss', b'\xff' * 128, q, g, 4),
                    wrong_numbers('ssh-dss'),
                ),
                'short DSA': (make_line('ssh-dss', p, q, g), CUT_OFF),
                'long DSA': (make_line('ssh-dss', p, q, g, 4, 4), GOES_ON),
                'even RSA exponent': (
                    make_line('ssh-rsa', 2, (1 << 2047) | 1),
                    wrong_numbers('ssh-rsa'),
                ),
                'not on the curve': (
                    changed(vectors.ECDSA_256, lambda b: b[:-1] + b'\0'),
                    wrong_numbers('ecdsa-sha2-nistp256'),
                ),
                'compressed point': (
                    make_line(
                        'ecdsa-sha2-nistp256', b'nistp256', b'\2' + bytes(32)
                    ),
                    wrong_numbers('ecdsa-sha2-nistp256'),
                ),
                'size of the point': (
                    make_line('ssh-ed25519', bytes(31)),
                    wrong_numbers('ssh-ed25519'),
                ),
                'security key of another application': (
                    make_line(
                        'sk-ssh-ed25519@openssh.com', bytes(32), b'web:'
                    ),
                    wrong_numbers('sk-ssh-ed25519@openssh.com'),
                ),
                'certificate': (
                    vectors.ED25519_CERTIFICATE.line[:-40],
                    'its data is not a valid certificate: copy it again, '
                    'from the -cert.pub file.',
                ),
            }
        )


class TestRefusePrivateKey(TestCase):
    def _assert_refused(self, text: str) -> None:
        reason = self.refuse(text)
        self.assertEqual(PRIVATE, reason)
        for word in text.split():
            if len(word) > 12:
                self.assertNotIn(word, reason)

    def test_pem(self) -> None:
        rsa_key = rsa.make_rsa()
        ec_key = ec.generate_private_key(ec.SECP256R1())
        locked = serialization.BestAvailableEncryption(b'password')
        for pem in (
            rsa_key.private_bytes(PEM, PKCS1, NO_ENCRYPTION),
            rsa_key.private_bytes(PEM, PKCS8, NO_ENCRYPTION),
            rsa_key.private_bytes(PEM, PKCS8, locked),
            rsa_key.private_bytes(PEM, OPENSSH, NO_ENCRYPTION),
            ec_key.private_bytes(PEM, PKCS1, NO_ENCRYPTION),
            ed25519.Ed25519PrivateKey.generate().private_bytes(
                PEM, OPENSSH, NO_ENCRYPTION
            ),
        ):
            self._assert_refused(pem.decode())
            self._assert_refused(f'  \n{pem.decode()}')
            # Nova stores these.
            self._assert_refused(f'{ED25519.line} comment\n{pem.decode()}')

    def test_other_formats(self) -> None:
        for text in (
            'PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n'
            f'Public-Lines: 2\n{ED25519.data}\nPrivate-Lines: 1\nAAAAIH\n',
            f'---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\n{RSA.data}\n',
            f'SSH PRIVATE KEY FILE FORMAT 1.1\n{RSA.data}\n',
        ):
            self._assert_refused(text)

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

    def test_vendors_comment(self) -> None:
        made = self.key_type.generate('user', 'Generated by Nova\n')
        self.assertTrue(made.public_key.endswith(' Generated by Nova\n'))
        self.assertEqual(
            made.fingerprint, self.key_type.fingerprint(made.public_key)
        )

    def test_every_key_is_another(self) -> None:
        made = {
            self.key_type.generate('user', '').private_key for _ in range(3)
        }
        self.assertEqual(3, len(made))


class TestRewrite(TestCase):
    """The sample key is the one of a vendor's published document."""

    SAMPLE = (
        'ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQDx8nkQv/zgGgB4rMYmIf+6A4l6Rr+'
        'o/6lHBQdW5aYd44bd8JttDCE/F/pNRr0lRE+PiqSPO8nDPHw0010JeMH9gYgnnFlyY3'
        '/OcJ02RhIPyyxYpv9FhY+2YiUkpwFOcLImyrxEsYXpD/0d3ac30bNH6Sw9JD9UZHYcp'
        'SxsIbECHw'
    )
    COMMENT = 'Generated by Nova'

    def test_sample(self) -> None:
        key = KEY_TYPE.rewrite(self.SAMPLE, True, self.COMMENT)
        self.assertEqual(f'{self.SAMPLE}== Generated by Nova', key)
        self.assertEqual(
            '1e:2c:9b:56:79:4b:45:77:f9:ca:7a:98:2c:b0:d5:3c',
            self.key_type.fingerprint(key),
        )

    def test_sample_untouched(self) -> None:
        self.assertEqual(
            self.SAMPLE, KEY_TYPE.rewrite(self.SAMPLE, False, None)
        )
        self.assertEqual(
            'the end of its data is missing: append "==" to it.',
            self.refuse(self.SAMPLE),
        )

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
