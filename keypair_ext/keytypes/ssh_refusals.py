# SPDX-License-Identifier: Apache-2.0

"""Why a text is not an SSH public key, and what to do about it.

Each sentence names the one thing that is wrong. None repeats a part of the
text, which may be a secret.
"""

import binascii
import re
import unicodedata

from keypair_ext.keytypes import mistakes, ssh_format
from keypair_ext.keytypes.ssh_format import CERTIFICATE, DSA, DSA_BITS, STRINGS

_TYPE = (
    rf'(?:{"|".join(map(re.escape, STRINGS))})(?:{re.escape(CERTIFICATE)})?'
)
_LATER_TYPE = re.compile(rf'(?<![\w-]){_TYPE}\s+AAAA')
_AGAIN = 'copy the key again, from the .pub file.'

# Marks of texts that are something else, the special before the general.
_SIGNS = (
    (
        r'---- BEGIN SSH2 PUBLIC KEY',
        'it is a public key in the format of RFC 4716 (SSH2): convert it '
        'with "ssh-keygen -i -f FILE".',
    ),
    (
        r'BEGIN TRUSTED CERTIFICATE-----',
        'it is an X.509 certificate in a format of OpenSSL, not an SSH '
        'key: convert it with "openssl x509 -in FILE" and import that '
        'with "type": "x509" in the body of the request.',
    ),
    (
        r'BEGIN (?:X509 )?CERTIFICATE-----',
        'it is an X.509 certificate, not an SSH key: import it with '
        '"type": "x509" in the body of the request, from API version 2.2 '
        'on, as create_keypair(type="x509") of openstacksdk does. '
        '"openstack keypair create --type x509" may not send it.',
    ),
    (
        r'-----BEGIN RSA PUBLIC KEY',
        'it is a public key in PEM format: convert it with '
        '"ssh-keygen -i -m PEM -f FILE".',
    ),
    (
        r'-----BEGIN PUBLIC KEY',
        'it is a public key in PEM format: convert it with '
        '"ssh-keygen -i -m PKCS8 -f FILE".',
    ),
    (
        r'BEGIN PGP PUBLIC KEY',
        'it is an OpenPGP key: convert it with "gpg --export-ssh-key USER".',
    ),
    (
        r'-----BEGIN ',
        'it is a PEM file, not an SSH public key: send the line of a '
        '.pub file.',
    ),
)


_FROM_URL = bytes.maketrans(b'-_', b'+/')

_CUT_OFF = (
    'its data is cut off, or broken into several lines: send the whole key '
    'on one line.'
)
_NOT_DATA = f'its data is not base64: {_AGAIN}'
_TOO_LONG = f'its data goes on behind the end of the key: {_AGAIN}'


def explain(text: str, line: bytes) -> str:
    """Return why a text is refused, as a sentence in two halves.

    :param line: the text in UTF-8
    """
    if not text.strip():
        return 'it is empty: send the line of a .pub file.'
    if reason := (
        mistakes.first(text, _SIGNS)
        or mistakes.explain(text, ssh_format.is_key)
        or _explain_spelling(text)
    ):
        return reason
    found = ssh_format.LINE.match(line)
    key_type = text.split(None, 1)[0]
    if not ssh_format.is_known(key_type):
        return _explain_type(key_type, text)
    if found is None:
        return (
            'no data follows the name of its type on the same line: send '
            'the whole line of the .pub file.'
        )
    if ssh_format.is_known(found[2].decode(errors='replace')):
        return 'the name of its type stands there twice: send it once.'
    return _explain_data(key_type, found[2], line)


def _explain_spelling(text: str) -> str | None:
    """Say which character before the comment is none of a key."""
    if text[0].isascii() and text[0].isspace():
        return 'it begins with white space: remove it.'
    key = ' '.join(re.split(r'[ \t\r\n]+', text, maxsplit=2)[:2])
    for char in key:
        if not char.isascii():
            name = unicodedata.name(char, 'a character without a name')
            return (
                f'it has the character U+{ord(char):04X} ({name}) before its '
                'comment, where ASCII alone can be: remove it, or put a '
                'plain blank in its place where one belongs.'
            )
    if any(char < ' ' or char == '\x7f' for char in key.split(' ')[0]):
        return (
            'it has control characters in the name of its type: send the '
            'line of a .pub file as plain text.'
        )
    return None


def _explain_type(key_type: str, text: str) -> str:
    if re.match(rf'[\w.@-]+:\s*{_TYPE}\s', text):
        return (
            'a user name and a colon stand before the name of its type: send '
            'the line from the type on.'
        )
    if _LATER_TYPE.search(text):
        return (
            'something stands before the name of its type, such as the '
            'options of an authorized_keys file or the host of a '
            'known_hosts file: send the line from the type on.'
        )
    if re.match(rf'{_TYPE}\W?AAAA', text):
        return (
            'no blank stands between the name of its type and its data: put '
            'one there.'
        )
    if key_type.startswith('AAAA'):
        return _explain_missing(key_type)
    if key_type in ('rsa-sha2-256', 'rsa-sha2-512'):
        return (
            'it begins with the name of a signature algorithm; the type of '
            'every RSA key is ssh-rsa: write that instead.'
        )
    if ssh_format.is_known(key_type.lower()):
        return 'the name of its type must be in lower case.'
    return (
        'it does not begin with the name of a supported type and a blank: '
        'send the line of a .pub file whose first word is one of '
        f'{", ".join(STRINGS)}.'
    )


def _explain_missing(data: str) -> str:
    text = ssh_format.NOT_BASE64.sub(b'', data.encode())
    blob = binascii.a2b_base64(text[: len(text) // 4 * 4])
    name = _name_inside(blob) or 'such as ssh-rsa'
    return (
        f'the name of its type, {name}, is missing before the data: send '
        'the whole line of the .pub file.'
    )


def _explain_data(key_type: str, data: bytes, line: bytes) -> str:
    text = ssh_format.NOT_BASE64.sub(b'', data.split(b'=')[0])
    if len(text) < 4:
        return _NOT_DATA
    standard = data.translate(_FROM_URL)
    if standard != data and ssh_format.is_key(
        f'{key_type} {standard.decode()}'
    ):
        return (
            'its data is in the base64 of URLs: write "+" for "-" and "/" '
            f'for "_", or {_AGAIN}'
        )
    if ssh_format.loads(line, key_type.encode(), data):
        return (
            'another line follows its data at once: send one key only, or '
            'give the first one a comment.'
        )
    # One character more than a multiple of four encodes no byte.
    stray = len(text) % 4 == 1
    blob = binascii.a2b_base64(text[:-1] if stray else text + b'==')
    if reason := _explain_blob(key_type, blob):
        if reason == _CUT_OFF and b'..' in data:
            return (
                'dots stand for a part of its data, which is missing: '
                f'{_AGAIN}'
            )
        return reason
    if padding := ssh_format.missing_padding(data):
        return f'the end of its data is missing: append "{padding}" to it.'
    return _TOO_LONG if stray else _NOT_DATA


def _explain_blob(key_type: str, blob: bytes) -> str | None:
    """Say what is wrong with the decoded data; None: nothing is."""
    begin = _string(key_type)
    if not blob.startswith(begin) and not begin.startswith(blob):
        name = _name_inside(blob)
        if name:
            return (
                f'it begins with {key_type}, but its data is of the type '
                f'{name}: {_AGAIN}'
            )
        return f'its data is not a key of the type {key_type}: {_AGAIN}'
    data = binascii.b2a_base64(blob, newline=False)
    line = b'%s %s' % (key_type.encode(), data)
    if ssh_format.loads(line, key_type.encode(), data):
        return None
    if key_type.endswith(CERTIFICATE):
        return (
            'its data is not a valid certificate: copy it again, from the '
            '-cert.pub file.'
        )
    return _explain_strings(key_type, blob)


def _name_inside(blob: bytes) -> str | None:
    """Return the type that a blob says it is of, if it is one of ours."""
    for name in (*STRINGS, *(f'{name}{CERTIFICATE}' for name in STRINGS)):
        if blob.startswith(_string(name)):
            return name
    return None


def _explain_strings(key_type: str, blob: bytes) -> str:
    try:
        strings, rest = ssh_format.split(blob, STRINGS[key_type])
    except ValueError:
        return _CUT_OFF
    if rest:
        return _TOO_LONG
    if key_type == DSA and len(strings[1].lstrip(b'\0')) * 8 != DSA_BITS:
        return f'SSH has DSA keys of {DSA_BITS} bits only: use another type.'
    return (
        f'the numbers in its data do not make a key of the type {key_type}: '
        f'{_AGAIN}'
    )


def _string(text: str) -> bytes:
    return len(text).to_bytes(4) + text.encode()
