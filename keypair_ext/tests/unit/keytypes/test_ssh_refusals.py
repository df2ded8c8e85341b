# SPDX-License-Identifier: Apache-2.0

"""Why a text is no SSH public key: the very thing is named, nothing shown."""

import base64
import re
import textwrap
import urllib.parse

from cryptography.hazmat.primitives.asymmetric import dsa

from keypair_ext.keytypes import base as keytypes_base
from keypair_ext.tests.unit.keytypes import vectors
from keypair_ext.tests.unit.keytypes.test_ssh import TestCase, make_line

KEY = vectors.ED25519.line
KIND, DATA = vectors.ED25519.type, vectors.ED25519.data
RSA = vectors.RSA_1024  # its data ends in ==, and has + and /
BARE = RSA.line.rstrip('=')
ROOM = keytypes_base.MAX_BYTES - len(KEY) - 1
_PARAMETERS = dsa.generate_parameters(2048).parameter_numbers()
DSA = (_PARAMETERS.p, _PARAMETERS.q, _PARAMETERS.g)
CUT_OFF = 'cut off, or broken into several lines: send the whole key on one'
UNKNOWN = (
    'does not begin with the name of a supported type and a blank: send the '
    'line of a .pub file whose first word is one of ssh-rsa, ssh-ed25519, '
    'ecdsa-sha2-nistp256, ecdsa-sha2-nistp384, ecdsa-sha2-nistp521, '
    'sk-ssh-ed25519@openssh.com, sk-ecdsa-sha2-nistp256@openssh.com, ssh-dss.'
)

# What is told, and what it is told of.
REASONS: dict[str, tuple[str, ...]] = {
    'it is empty: send the line of a .pub file.': ('', ' \r\n'),
    UNKNOWN: (
        'hello',
        'hello world',
        f'ssh-ed448 {RSA.data}',
        'sk-ssh-ed25519-cert-v01@openssh.com AAAA',
    ),
    # Other formats.
    'RFC 4716 (SSH2): convert it with "ssh-keygen -i -f FILE"': (
        f'---- BEGIN SSH2 PUBLIC KEY ----\n{RSA.data}\n---- END',
    ),
    'import it with "type": "x509"': ('-----BEGIN CERTIFICATE-----\nMIIB\n',),
    'convert it with "openssl x509 -in FILE" and import that with "type"': (
        '-----BEGIN TRUSTED CERTIFICATE-----\nMIIB\n',
    ),
    '"ssh-keygen -i -m PEM -f FILE"': ('-----BEGIN RSA PUBLIC KEY-----\n',),
    '"ssh-keygen -i -m PKCS8 -f FILE"': ('-----BEGIN PUBLIC KEY-----\nMI\n',),
    '"gpg --export-ssh-key USER"': ('-----BEGIN PGP PUBLIC KEY BLOCK-----\n',),
    'is a PEM file, not an SSH': ('-----BEGIN DH PARAMETERS-----\nMIIB\n',),
    'is JSON': (
        f'{{"public_key": "{KEY}"}}',
        f'{{\n "keypair": {{"name": "a", "public_key": "{KEY}"}}}}',
        f'["{KEY}"]',
        f"{{'kty': 'OKP', 'x': '{DATA}'}}",
    ),
    'is YAML, or a name and a colon stand before the key': (
        f'me: {KEY}',
        f'- {KEY}',
        f'public_key: {KEY}',
        f'ssh_authorized_keys:\n  - {KEY}',
        f'---\n- "{KEY}"',
    ),
    'is the path of a file': (
        '~/.ssh/id.pub',
        '/home/me/.ssh/id_rsa.pub\n',
        './id.pub',
        '@~/.ssh/id.pub',
        'id_ed25519.pub',
        'C:\\Users\\me\\.ssh\\id.pub',
        'C:/Users/me/my keys/id.pub',
    ),
    'is the address of a key': (
        'https://example.org/me.keys',
        'file:///home/me/id.pub',
    ),
    'shell or template': (
        '$(cat ~/.ssh/id.pub)',
        '$KEY',
        '${file("id.pub")}',
        '{{ lookup("file", "id.pub") }}',
        '%PUBLIC_KEY%',
        'cat ~/.ssh/id.pub',
        '<your public key>',
    ),
    'it is a fingerprint, not the key': (
        'SHA256:jJ1nW8dDhcd1LIZTDPSxjJ4rbqv2VZ0DCp0ZxKq4w1E',
        f'256 SHA256:{"a" * 43} me@host (ED25519)',
        f'256 MD5:{vectors.ED25519.fingerprint} me',
        vectors.ED25519.fingerprint,
    ),
    # What surrounds a key, or is done to it.
    'it stands in quotes: send it without them.': (
        f'"{KEY}"',
        f"'{KEY} me'",
        f'`{KEY}`',
        f'\\"{KEY}\\"',
        f' "{KEY}"\n',
        f'\u201c{KEY}\u201d',
        f'\u00ab{KEY}\u00bb',
        f'\u2018{KEY}\u2019',
    ),
    'user name and a colon stand before': (
        f'me:{KEY} me',
        f'me.you@example.org:{RSA.line}',
    ),
    'something stands before the name of its type': (
        f'host.example.org {RSA.line}',
        f'no-pty,command="ls -l" {KEY} comment',
        f'# my key\n{KEY}',
        f'no-pty {vectors.ED25519_CERTIFICATE.line}',
        f'KEY="{KEY}"',
        f'>{KEY}',
    ),
    'stands there twice': (f'ssh-rsa {RSA.line}', f'{KIND} {KEY} me'),
    'no blank stands between': (f'{KIND}{DATA}', f'{KIND}:{DATA}'),
    'type, ssh-ed25519, is missing before the data': (f'{DATA} me', DATA),
    'type, ssh-rsa-cert-v01@openssh.com, is missing': (
        vectors.RSA_CERTIFICATE.data,
    ),
    'it is URL-encoded': (
        urllib.parse.quote(RSA.line),
        urllib.parse.quote_plus(RSA.line),
        urllib.parse.quote(RSA.line, safe=' '),
        f'{KIND}+{DATA}',
    ),
    'it has HTML entities': (
        RSA.line.replace('+', '&#43;').replace('/', '&#x2F;'),
        KEY.replace(' ', '&nbsp;', 1).replace('&nbsp;', '&#32;'),
        RSA.line.replace('=', '&equals;').replace('/', '&sol;'),
    ),
    'line breaks are written as a backslash': (
        KEY.replace('AAAAI', 'AAAAI\\n'),
    ),
    'in base64 once more': (base64.b64encode(f'{KEY} me'.encode()).decode(),),
    'is in the base64 of URLs: write "+" for "-" and "/" for "_"': (
        RSA.line[:8] + RSA.data.replace('+', '-').replace('/', '_'),
    ),
    'begins with a byte order mark: save the file as UTF-8': (
        f'\ufeff{KEY}',
        f'\xef\xbb\xbf{KEY}',
        f'\xff\xfe{KEY}',
    ),
    'as text in UTF-16 has': (
        f'{KEY} a\0b',
        f'{KEY[:40]}\0{KEY[40:]}',
        KEY.encode('utf-16-le').decode('latin-1'),
    ),
    'half of a surrogate pair': (f'{KEY} \ud83d',),
    'begins with white space: remove it': (f' {KEY}', f'\r\n{KEY}'),
    'has the character U+00A0 (NO-BREAK SPACE)': (
        KEY.replace(' ', '\xa0'),
        f'\xa0{KEY}',
        f'{KEY}\xa0me',
    ),
    'U+200B (ZERO WIDTH SPACE)': (f'\u200b{KEY}', KEY.replace('-', '-\u200b')),
    'U+00E9 (LATIN SMALL LETTER E WITH ACUTE)': (f'{KEY[:40]}\xe9{KEY[40:]}',),
    'U+2013 (EN DASH)': (KEY.replace('-', '\u2013'),),
    'U+2026 (HORIZONTAL ELLIPSIS)': (f'{KEY[:40]}\u2026',),
    'control characters in the name': (f'ssh\x1b-rsa {RSA.data}',),
    'longer than 65535 bytes': (
        f'{KEY} ' + 'x' * (ROOM + 1),
        f'{KEY} ' + '\u00e9' * ROOM,
    ),
    # The type.
    'signature algorithm; the type of every RSA key is ssh-rsa': (
        f'rsa-sha2-256 {RSA.data}',
        f'rsa-sha2-512 {RSA.data}',
    ),
    'must be in lower case': (f'SSH-RSA {RSA.data}',),
    'no data follows the name of its type on the same line': (
        'ssh-rsa',
        'ssh-rsa ',
        f'ssh-rsa\n{RSA.data}',
    ),
    'begins with ssh-rsa, but its data is of the type ssh-ed25519:': (
        f'ssh-rsa {DATA}',
    ),
    'nistp384, but its data is of the type ecdsa-sha2-nistp256:': (
        f'ecdsa-sha2-nistp384 {vectors.ECDSA_256.data}',
    ),
    'ssh-rsa, but its data is of the type ssh-rsa-cert-v01@openssh.com:': (
        f'ssh-rsa {vectors.RSA_CERTIFICATE.data}',
    ),
    'its data is not a key of the type ssh-rsa:': ('ssh-rsa garbage',),
    # The data.
    'its data is not base64:': (
        'ssh-rsa !!!!! comment',
        'ssh-rsa A',
        f'{KEY}=AAAA',
    ),
    'data is missing: append "==" to it': (BARE,),
    'data is missing: append "=" to it': (f'{BARE}= comment',),
    CUT_OFF: (
        *(KEY[:-cut] for cut in (1, 2, 3, 4)),
        KEY[:16],
        f'{KEY[:50]}\n{KEY[50:]}',
        f'{KEY[:50]}\r\n{KEY[50:]}',
        '\n'.join(textwrap.wrap(RSA.line, 64)),
        make_line('ssh-dss', *DSA),
    ),
    'dots stand for a part of its data': (f'{KEY[:40]}...', f'{KEY[:40]}..wY'),
    'goes on behind the end of the key': (
        f'{KEY}A',
        f'{KEY}AAAA',
        make_line('ssh-dss', *DSA, 4, 4),
    ),
    'another line follows its data at once': (
        f'{KEY}\n{KEY}',
        f'{KEY}\n{KEY}'.replace(' ', '\t'),
        f'{KEY}\r\nabc',
    ),
    'keys of 1024 bits only: use another': (make_line('ssh-dss', *DSA, 4),),
    'do not make a key of the type ssh-dss': (
        make_line('ssh-dss', b'\xff' * 128, *DSA[1:], 4),
    ),
    'do not make a key of the type ssh-rsa': (
        make_line('ssh-rsa', 2, (1 << 2047) | 1),
    ),
    'do not make a key of the type ecdsa-sha2-nistp256': (
        make_line('ecdsa-sha2-nistp256', b'nistp256', b'\4' + b'\1' * 64),
        make_line('ecdsa-sha2-nistp256', b'nistp256', b'\2' + bytes(32)),
        make_line('ecdsa-sha2-nistp256', b'nistp256', b''),
    ),
    'do not make a key of the type ssh-ed25519': (
        make_line('ssh-ed25519', bytes(31)),
    ),
    'do not make a key of the type sk-ssh-ed25519@openssh.com': (
        make_line('sk-ssh-ed25519@openssh.com', bytes(32), b'web:'),
    ),
    'not a valid certificate: copy it again, from the -cert.pub file': (
        vectors.ED25519_CERTIFICATE.line[:-40],
    ),
}


class TestRefusals(TestCase):
    def test_the_very_thing_is_named(self) -> None:
        wrong = {
            text[:200]: (told, reason)
            for reason, texts in REASONS.items()
            for text in texts
            if reason not in (told := self.refuse(text))
        }
        self.assertEqual({}, wrong)

    def test_nothing_of_the_text_is_shown(self) -> None:
        types = {vector.type for vector in vectors.ALL.values()}
        for text in (text for texts in REASONS.values() for text in texts):
            told = self.refuse(text)
            for word in set(re.findall(r'[\w+/.~@-]{9,}', text)) - types:
                self.assertNotIn(word, told.replace('authorized_keys', ''))
