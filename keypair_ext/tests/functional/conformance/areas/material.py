# SPDX-License-Identifier: Apache-2.0

"""Keys and certificates, whole and spoilt, each with a name."""

import base64
from typing import Final

from keypair_ext.tests.unit.keytypes import vectors

CERTIFICATE: Final = """\
-----BEGIN CERTIFICATE-----
MIIBfTCCASOgAwIBAgIUKzhMdBrOcphz/ANYsAznXwN5zuswCgYIKoZIzj0EAwIw
EzERMA8GA1UEAwwIc29tZWJvZHkwIBcNMjYxMTIyMDUxNTQyWhgPMjA4MTA4MjUw
NTE1NDJaMBMxETAPBgNVBAMMCHNvbWVib2R5MFkwEwYHKoZIzj0CAQYIKoZIzj0D
AQcDQgAEvdk63MHOz+oB/CXQnfa0Ozei+eMKYVjq9e/8up0mSVlVBwliyGt+Co/n
+kYd5xTykYc+G1Hq6H9oIEGvEt67vKNTMFEwHQYDVR0OBBYEFENQIfBGQ9hD9ylM
/sbJ1Fl5v6sOMB8GA1UdIwQYMBaAFENQIfBGQ9hD9ylM/sbJ1Fl5v6sOMA8GA1Ud
EwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIhAKhkn4F0++MKeSW0Wi2WHNhN
oKCC8UyA9SS1zJJmHzOPAiAPSquJ/MZcUU+9pFh+M0L+b+VCS/33YHV533bn/IVF
Xw==
-----END CERTIFICATE-----
"""

_OTHER: Final = """\
-----BEGIN CERTIFICATE-----
MIIBdzCCAR2gAwIBAgIUXdDjYWGy9lmfGBpK41LLovLZg0IwCgYIKoZIzj0EAwIw
EDEOMAwGA1UEAwwFb3RoZXIwIBcNMjYxMTIyMDUxNTQyWhgPMjA4MTA4MjUwNTE1
NDJaMBAxDjAMBgNVBAMMBW90aGVyMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE
UyCc1F2x9XSaC9FPIXXkgWUkxL4unEVAfsE1YjhrThy/XkXiqJj+YSJ7zCpyZzLG
0sCyD4A/6AcN7x0qQVQnSaNTMFEwHQYDVR0OBBYEFJ392CHw/nKoPfyqwMU38532
ceCrMB8GA1UdIwQYMBaAFJ392CHw/nKoPfyqwMU38532ceCrMA8GA1UdEwEB/wQF
MAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIgC19yIJEr4u6Pjjiq1Br5f6eYehmAExkv
j14UcDKS/IQCIQDl2scyQbqL3d4bAideF9Onub902Bpkz8GBWqFkjHJ1eg==
-----END CERTIFICATE-----
"""

_RSA: Final = vectors.RSA_1024.line
_DATA: Final = vectors.RSA_1024.data
_ED25519: Final = vectors.ED25519.line

_PRIVATE: Final = (
    '-----BEGIN RSA PRIVATE KEY-----\n'
    'MIIBOgIBAAJBAKqfd0C8HLX9ebB7OThTnc2CrgNCcq1epYgpVt+icUOQvRhwEgjH\n'
    '-----END RSA PRIVATE KEY-----\n'
)
_OPENSSH_PRIVATE: Final = (
    '-----BEGIN OPENSSH PRIVATE KEY-----\n'
    'b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2\n'
    '-----END OPENSSH PRIVATE KEY-----\n'
)


def ssh() -> dict[str, str]:
    """Return what is tried as an ``ssh`` key."""
    return {
        **{f'kind {name}': v.line for name, v in vectors.ALL.items()},
        **_comments(),
        **_white_space(),
        **_types(),
        **_base64(),
        **_several(),
        **_garbage(),
    }


def _comments() -> dict[str, str]:
    return {
        'comment': f'{_RSA} me@example.org',
        'comment of words': f'{_RSA} one two  three',
        'comment with an accent': f'{_RSA} caf\xe9',
        'comment in Japanese': f'{_RSA} \u65e5\u672c',
        'comment with an emoji': f'{_RSA} \U0001f600',
        'comment with a lone surrogate': f'{_RSA} \ud800',
        'comment with a NUL': f'{_RSA} a\0b',
        'comment with U+FFFF': f'{_RSA} \uffff',
        'comment with control characters': f'{_RSA} \x01\x1b[31m\x7f',
        'comment with quotes': f'{_RSA} "\'; DROP TABLE key_pairs; --',
        'comment with a percent sign': f'{_RSA} 100%s %(a)s {{}}',
        'comment of markup': f'{_RSA} <b>&amp;</b>',
        'comment that looks like a key': f'{_RSA} {_ED25519}',
        'comment with a tab': f'{_RSA}\tcomment',
        'comment after two blanks': f'{_RSA}  comment',
        'comment of 60,000 characters': f'{_RSA} ' + 'x' * 60000,
        'of 65,535 characters': f'{_RSA} '.ljust(65535, 'x'),
        'of 65,536 characters': f'{_RSA} '.ljust(65536, 'x'),
        'comment of 70,000 characters': f'{_RSA} ' + 'x' * 70000,
        'comment of 30,000 accents': f'{_RSA} ' + '\xe9' * 30000,
        'comment of 40,000 accents': f'{_RSA} ' + '\xe9' * 40000,
    }


def _white_space() -> dict[str, str]:
    data = _DATA
    return {
        'newline at the end': f'{_RSA}\n',
        'CRLF at the end': f'{_RSA}\r\n',
        'CR at the end': f'{_RSA}\r',
        'newlines at the end': f'{_RSA}\n\n\n',
        'newline after the comment': f'{_RSA} comment\n',
        'blank at the end': f'{_RSA} ',
        'tab at the end': f'{_RSA}\t',
        'blank in front': f' {_RSA}',
        'tab in front': f'\t{_RSA}',
        'newline in front': f'\n{_RSA}',
        'BOM in front': f'\ufeff{_RSA}',
        'tab between type and data': f'ssh-rsa\t{data}',
        'tab between type and data, comment': f'ssh-rsa\t{data} comment',
        'tabs everywhere': f'ssh-rsa\t{data}\tcomment',
        'two blanks between type and data': f'ssh-rsa  {data}',
        'three blanks between type and data': f'ssh-rsa   {data} comment',
        'blank and tab between type and data': f'ssh-rsa \t{data}',
        'tab and blank between type and data': f'ssh-rsa\t {data}',
        'no-break space between type and data': f'ssh-rsa\xa0{data}',
        'newline between type and data': f'ssh-rsa\n{data}',
        'vertical tab between type and data': f'ssh-rsa\x0b{data}',
        'newline inside the data': f'ssh-rsa {data[:60]}\n{data[60:]}',
        'CRLF inside the data': f'ssh-rsa {data[:60]}\r\n{data[60:]}',
        'blank inside the data': f'ssh-rsa {data[:60]} {data[60:]}',
        'tab inside the data': f'ssh-rsa {data[:60]}\t{data[60:]}',
        'wrapped data': 'ssh-rsa '
        + '\n'.join(data[i : i + 64] for i in range(0, len(data), 64)),
    }


def _types() -> dict[str, str]:
    data = _DATA
    return {
        'type alone': 'ssh-rsa',
        'type and a blank': 'ssh-rsa ',
        'type of another key, DSA': f'ssh-dss {data}',
        'type of another key, Ed25519': f'ssh-ed25519 {data}',
        'type of another key, ECDSA': f'ecdsa-sha2-nistp256 {data}',
        'type of another key, RSA': f'ssh-rsa {vectors.ED25519.data}',
        'type of another curve': 'ecdsa-sha2-nistp384 '
        + vectors.ECDSA_256.data,
        'type of a signature': f'rsa-sha2-512 {data}',
        'type of Ed448': f'ssh-ed448 {data}',
        'type of DNSSEC': f'RSASHA1 {data}',
        'type in capitals': f'SSH-RSA {data}',
        'all in capitals': _RSA.upper(),
        'type missing': data,
        'type unknown': f'ssh-foo {data}',
        'type of a certificate, plain key': 'ssh-rsa-cert-v01@openssh.com '
        + data,
        'type of a key, certificate': 'ssh-rsa '
        + vectors.RSA_CERTIFICATE.data,
        'options in front': f'no-pty,command="x" {_RSA}',
        'option of authorized_keys in front': f'restrict {_RSA}',
        'host of known_hosts in front': f'example.org {_RSA}',
    }


def _base64() -> dict[str, str]:
    data = _DATA
    stripped = data.rstrip('=')
    blob = base64.b64decode(data)

    def line(content: bytes) -> str:
        return f'ssh-rsa {base64.b64encode(content).decode()}'

    return {
        'padding missing': f'ssh-rsa {stripped}',
        'half of the padding': f'ssh-rsa {stripped}=',
        'padding too long': f'ssh-rsa {data}=',
        'padding far too long': f'ssh-rsa {data}====',
        'padding in the middle': f'ssh-rsa {data[:60]}=={data[60:]}',
        'padding instead of data': f'ssh-rsa {data[:-8]}====',
        'data twice': f'ssh-rsa {data}{data}',
        'data cut': f'ssh-rsa {data[:-10]}',
        'data cut to four': f'ssh-rsa {data[:4]}',
        'data that is not base64': 'ssh-rsa !!!!',
        'data of one letter': 'ssh-rsa x',
        'exclamation marks inside': f'ssh-rsa {data[:40]}!!{data[40:]}',
        'comma inside': f'ssh-rsa {data[:40]},{data[40:]}',
        'accent inside': f'ssh-rsa {data[:40]}\xe9{data[40:]}',
        'emoji inside': f'ssh-rsa {data[:40]}\U0001f600{data[40:]}',
        'NUL inside': f'ssh-rsa {data[:40]}\0{data[40:]}',
        'URL-safe alphabet': f'ssh-rsa {data}'.replace('/', '_').replace(
            '+', '-'
        ),
        'bytes after the key': line(blob + b'more'),
        'blob empty': line(b''),
        'blob cut': line(blob[:-5]),
        'blob of a length only': line(blob[:4]),
        'blob of an enormous length': line(b'\xff\xff\xff\xff' + blob[4:]),
        'exponent 1': line(_rsa_blob(1, 2**1023 + 1)),
        'exponent even': line(_rsa_blob(4, 2**1023 + 1)),
        'exponent 3': line(_rsa_blob(3, 2**1023 + 1)),
        'modulus of 8 bits': line(_rsa_blob(3, 187)),
        'modulus of 384 bits': line(_rsa_blob(65537, 2**383 + 1)),
        'modulus of 16384 bits': line(_rsa_blob(65537, 2**16383 + 1)),
        'modulus even': line(_rsa_blob(65537, 2**1023)),
        'modulus zero': line(_rsa_blob(65537, 0)),
        'modulus negative': line(
            _strings(b'ssh-rsa', b'\x01\x00\x01', b'\xff' * 128)
        ),
        'point not on the curve': 'ecdsa-sha2-nistp256 '
        + base64.b64encode(
            _strings(b'ecdsa-sha2-nistp256', b'nistp256', b'\4' + b'\1' * 64)
        ).decode(),
        'Ed25519 of 31 bytes': 'ssh-ed25519 '
        + base64.b64encode(_strings(b'ssh-ed25519', b'\1' * 31)).decode(),
        'Ed25519 of zeros': 'ssh-ed25519 '
        + base64.b64encode(_strings(b'ssh-ed25519', b'\0' * 32)).decode(),
    }


def _several() -> dict[str, str]:
    return {
        'two keys, comment on the first': f'{_RSA} a\n{_ED25519} b',
        'two keys, comment on the second': f'{_RSA}\n{_ED25519} b',
        'two keys, blank after the first': f'{_RSA} \n{_ED25519}',
        'two keys, garbage second': f'{_RSA} a\ngarbage',
        'two keys, the same': f'{_RSA} a\n{_RSA} a\n',
        'remark in front': f'# my keys\n{_RSA}',
        'private key after it': f'{_RSA} me\n{_PRIVATE}',
        'OpenSSH private key after it': f'{_RSA} me\n{_OPENSSH_PRIVATE}',
        'private key in front': f'{_PRIVATE}{_RSA} me',
        'private key in the comment': f'{_RSA} {_PRIVATE}',
        'private key after it, no comment': f'{_RSA}\n{_PRIVATE}',
    }


def _garbage() -> dict[str, str]:
    return {
        'empty': '',
        'a blank': ' ',
        'a newline': '\n',
        'a NUL': '\0',
        'words': 'this is not a key',
        'a word': 'garbage',
        'a remark': '# nothing',
        'a lone surrogate': '\ud800',
        'an emoji': '\U0001f600',
        'a private key': _PRIVATE,
        'an OpenSSH private key': _OPENSSH_PRIVATE,
        'a certificate': CERTIFICATE,
        'a PEM public key': '-----BEGIN PUBLIC KEY-----\n'
        'MCowBQYDK2VwAyEAwGAoEPqHvaz9pJJuM5RCh+SfCw6kVgTVE+u7Kb/8ndg=\n'
        '-----END PUBLIC KEY-----\n',
        'an SSH2 public key': '---- BEGIN SSH2 PUBLIC KEY ----\n'
        f'{_DATA}\n---- END SSH2 PUBLIC KEY ----\n',
        'SSH version 1': '1024 35 ' + '1' * 300 + ' me@example.org',
        'PuTTY': 'PuTTY-User-Key-File-2: ssh-rsa\nEncryption: none\n',
        '70,000 characters': 'x' * 70000,
    }


def x509() -> dict[str, str]:
    """Return what is tried as an ``x509`` certificate."""
    pem = CERTIFICATE
    lines = pem.splitlines()
    der = base64.b64decode(''.join(lines[1:-1]))
    version = der.index(bytes.fromhex('a003020102'))
    bad_version = der[: version + 4] + b'\7' + der[version + 5 :]
    return {
        'whole': pem,
        'stripped': pem.strip(),
        'text around': f'some text\n{pem}more text\n',
        'text in front on its line': f'text{pem}',
        'emoji in front': f'\U0001f600\n{pem}',
        'accent in front': f'caf\xe9\n{pem}',
        'NUL in front': f'\0\n{pem}',
        'lone surrogate in front': f'\ud800\n{pem}',
        'CRLF': pem.replace('\n', '\r\n'),
        'CR': pem.replace('\n', '\r'),
        'on one line': pem.replace('\n', ''),
        'with blanks for newlines': pem.replace('\n', ' '),
        'data on one line': '\n'.join(
            [lines[0], ''.join(lines[1:-1]), lines[-1]]
        ),
        'lines indented': '\n'.join(f'  {line}' for line in lines),
        'lines with blanks at the end': '\n'.join(
            f'{line}  ' for line in lines
        ),
        'empty line inside': pem.replace('\n', '\n\n', 3),
        'two of them': pem + _OTHER,
        'a broken one after it': pem + _pem(b'\x30\x03\x02\x01\x01'),
        'a broken one in front': _pem(b'\x30\x03\x02\x01\x01') + pem,
        'a private key after it': pem + _PRIVATE,
        'a private key in front': _PRIVATE + pem,
        'labelled X509 CERTIFICATE': pem.replace(
            'CERTIFICATE', 'X509 CERTIFICATE'
        ),
        'labelled TRUSTED CERTIFICATE': pem.replace(
            'CERTIFICATE', 'TRUSTED CERTIFICATE'
        ),
        'labelled in small letters': pem.replace('CERTIFICATE', 'certificate'),
        'labelled as a request': pem.replace(
            'CERTIFICATE', 'CERTIFICATE REQUEST'
        ),
        'cut': pem[:200],
        'begin only': lines[0],
        'end missing': '\n'.join(lines[:-1]),
        'begin missing': '\n'.join(lines[1:]),
        'nothing between': f'{lines[0]}\n{lines[-1]}\n',
        'data that is not base64': f'{lines[0]}\n!!!!\n{lines[-1]}\n',
        'data that is not a certificate': _pem(b'hello'),
        'of a wrong version': _pem(bad_version),
        'bytes after it': _pem(der + b'more'),
        'bytes missing': _pem(der[:-5]),
        'DER in base64': base64.b64encode(der).decode(),
        'with headers': pem.replace('\n', '\nProc-Type: 4,ENCRYPTED\n\n', 1),
        'long': pem + 'x' * 64000,
        'too long': pem + 'x' * 70000,
        'an SSH key': _RSA,
        'a public key': '-----BEGIN PUBLIC KEY-----\n'
        'MCowBQYDK2VwAyEAwGAoEPqHvaz9pJJuM5RCh+SfCw6kVgTVE+u7Kb/8ndg=\n'
        '-----END PUBLIC KEY-----\n',
        'a private key': _PRIVATE,
        'empty': '',
        'a blank': ' ',
        'garbage': 'garbage',
        'a NUL': '\0',
    }


def _pem(der: bytes) -> str:
    data = base64.b64encode(der).decode()
    body = '\n'.join(data[i : i + 64] for i in range(0, len(data), 64))
    return f'-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n'


def _rsa_blob(exponent: int, modulus: int) -> bytes:
    return _strings(b'ssh-rsa', _integer(exponent), _integer(modulus))


def _integer(value: int) -> bytes:
    """Return an integer as SSH writes it: no more bytes than it needs."""
    return value.to_bytes(value.bit_length() // 8 + 1) if value else b''


def _strings(*parts: bytes) -> bytes:
    return b''.join(len(part).to_bytes(4) + part for part in parts)
