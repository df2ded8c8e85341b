# SPDX-License-Identifier: Apache-2.0

"""SSH keys: the public keys that OpenSSH writes, and new RSA keys.

A key is first given to cryptography; why one was refused is found out
afterwards, so that a good key pays nothing for the explanations.
"""

import binascii
import hashlib
import re

from cryptography import exceptions, utils
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa

from keypair_ext import exception, keytypes
from keypair_ext.keytypes.rsa import MakeRSA

# How many strings a key's blob consists of, its name included (RFC 4253
# section 6.6, RFC 5656 section 3.1, RFC 8709 section 4, OpenSSH PROTOCOL.u2f).
_STRINGS = {
    'ssh-rsa': 3,
    'ssh-ed25519': 2,
    'ecdsa-sha2-nistp256': 3,
    'ecdsa-sha2-nistp384': 3,
    'ecdsa-sha2-nistp521': 3,
    'sk-ssh-ed25519@openssh.com': 3,
    'sk-ecdsa-sha2-nistp256@openssh.com': 4,
    'ssh-dss': 5,
}
_DSA = 'ssh-dss'
_DSA_BITS = 1024
_CERTIFICATE = '-cert-v01@openssh.com'

_LINE = re.compile(rb'\A(\S+)[ \t]+(\S+)')
_NOT_BASE64 = re.compile(rb'[^A-Za-z0-9+/]')
_LATER_TYPE = re.compile(
    rf'\s(?:{"|".join(map(re.escape, _STRINGS))})'
    rf'(?:{re.escape(_CERTIFICATE)})?[ \t]+AAAA'
)

# Marks of texts that are keys, but not SSH public keys.
_OTHER_FORMATS = (
    (
        re.compile('---- BEGIN SSH2 PUBLIC KEY'),
        'it is a public key in the format of RFC 4716 (SSH2): convert it '
        'with "ssh-keygen -i -f FILE".',
    ),
    (
        re.compile('-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----'),
        'it is an X.509 certificate, not an SSH key: import it with the '
        'type x509.',
    ),
    (
        re.compile('-----BEGIN RSA PUBLIC KEY'),
        'it is a public key in PEM format: convert it with '
        '"ssh-keygen -i -m PEM -f FILE".',
    ),
    (
        re.compile('-----BEGIN PUBLIC KEY'),
        'it is a public key in PEM format: convert it with '
        '"ssh-keygen -i -m PKCS8 -f FILE".',
    ),
    (
        re.compile('-----BEGIN '),
        'it is a PEM file, not an SSH public key: send the line of a .pub '
        'file.',
    ),
)

_NOT_DATA = 'its data is not base64: copy the key again, from the .pub file.'
_TOO_SHORT = (
    'its data is cut off, or broken into several lines: send the whole key '
    'on one line.'
)
_TOO_LONG = (
    'its data goes on behind the end of the key: copy the key again, from '
    'the .pub file.'
)


class SshKeyType:
    """Keys for servers that are entered with SSH."""

    name = 'ssh'

    def __init__(self, make_rsa: MakeRSA) -> None:
        self._make_rsa = make_rsa

    def fingerprint(self, public_key: str) -> str:
        """Return the MD5 of the key's blob (RFC 4253 section 6.6), as Nova.

        So does ``ssh-keygen -l -E md5``, but for certificates: it shows the
        key inside, Nova hashes the certificate.

        :param public_key: ``TYPE DATA [COMMENT]`` as in OpenSSH's .pub
            files; what follows on other lines is not looked at
        :raises InvalidKey: it is not such a key
        """
        line = keytypes.encode(public_key)
        found = _LINE.match(line)
        if (
            found is None
            or not _loads(line, found[1], found[2])
            or not _ends_clearly(line, found)
        ):
            raise exception.InvalidKey(reason=_explain(public_key, line))
        return _md5(binascii.a2b_base64(found[2]))

    def rewrite(
        self,
        public_key: str,
        restore_padding: bool,
        default_comment: str | None,
    ) -> str:
        """Return a client's key as some vendors store it.

        Whatever is not rewritten stays byte for byte; a text that does not
        begin like an SSH public key stays altogether.

        :param restore_padding: append the ``=`` that the base64 data lacks
        :param default_comment: put it, after a blank, behind data that nothing
            but white space follows; None for never
        """
        found = re.match(r'(\S+)[ \t]+(\S+)', public_key, re.ASCII)
        if found is None or not _is_known(found[1]):
            return public_key
        key, rest = public_key[: found.end()], public_key[found.end() :]
        if restore_padding:
            key += _missing_padding(found[2].encode(errors='replace'))
        if default_comment is not None and not rest.strip():
            key += f' {default_comment}'
        return key + rest

    def generate(self, user_id: str, comment: str) -> keytypes.GeneratedKey:
        """Make an RSA key of 2048 bits.

        :param user_id: not used: an SSH key names nobody
        :param comment: put behind the public key, unless it is empty; it
            may end in a newline
        :returns: the private key in the PEM format of PKCS#1 (``BEGIN RSA
            PRIVATE KEY``), not encrypted, and the public key as one line
        """
        private_key = self._make_rsa()
        public_key = private_key.public_key().public_bytes(
            serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
        )
        pem = private_key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
        blob = binascii.a2b_base64(public_key.split(b' ')[1])
        line = public_key.decode()
        return keytypes.GeneratedKey(
            public_key=f'{line} {comment}' if comment else line,
            private_key=pem.decode(),
            fingerprint=_md5(blob),
        )


def _md5(blob: bytes) -> str:
    # Not for security: it is a name, and works where MD5 is barred.
    digest = hashlib.md5(blob, usedforsecurity=False).digest()
    return keytypes.colon_hex(digest)


def _is_known(key_type: str) -> bool:
    return key_type.removesuffix(_CERTIFICATE) in _STRINGS


# Accepting.


def _loads(line: bytes, key_type: bytes, data: bytes) -> bool:
    try:
        if key_type == _DSA.encode():
            _load_dsa(binascii.a2b_base64(data))
        else:
            serialization.load_ssh_public_key(line)
    except (
        ValueError,
        NotImplementedError,  # a compressed point
        exceptions.UnsupportedAlgorithm,
    ):
        return False
    except utils.CryptographyDeprecationWarning:
        return True  # A DSA certificate, where warnings are errors.
    return True


def _load_dsa(blob: bytes) -> None:
    # cryptography's own reader of these lines warns that it will go.
    (name, p, q, g, y), rest = _split(blob, _STRINGS[_DSA])
    if name != _DSA.encode() or rest:
        raise ValueError('not a DSA key')
    parameters = dsa.DSAParameterNumbers(_number(p), _number(q), _number(g))
    if parameters.p.bit_length() != _DSA_BITS:
        raise ValueError('size')
    dsa.DSAPublicNumbers(_number(y), parameters).public_key()


def _split(blob: bytes, count: int) -> tuple[list[bytes], bytes]:
    """Take strings (RFC 4251 section 5) off a blob; return them and the rest.

    :raises ValueError: the blob is too short for them
    """
    strings = []
    for _ in range(count):
        end = 4 + int.from_bytes(blob[:4])
        if len(blob) < end:
            raise ValueError('cut off')
        strings.append(blob[4:end])
        blob = blob[end:]
    return strings, blob


def _number(string: bytes) -> int:
    if string[:1] > b'\x7f':
        raise ValueError('negative')
    return int.from_bytes(string)


def _ends_clearly(line: bytes, found: re.Match[bytes]) -> bool:
    """Tell whether it is beyond doubt, or to Nova, where the data ends.

    Nova decodes all that stands before the next blank, line breaks and what
    follows them included, and refuses what does not decode.
    """
    glued = line[found.end() :].split(b' ', 1)[0]
    text = glued.lstrip()
    gap = glued[: len(glued) - len(text)]
    if found[2].isascii() and not (text and gap.strip(b'\t')):
        return True
    return _nova_decodes(line)


def _nova_decodes(line: bytes) -> bool:
    words = line.split(b' ', 2)
    try:
        binascii.a2b_base64(words[1])
    except (IndexError, binascii.Error):
        return False
    return words[1].isascii()


# Explaining. No sentence may repeat a part of the text.


def _explain(public_key: str, line: bytes) -> str:
    if not public_key.strip():
        return 'it is empty: send the line of a .pub file.'
    for mark, reason in _OTHER_FORMATS:
        if mark.search(public_key):
            return reason
    if public_key[0] == '\ufeff':
        return (
            'it begins with a byte order mark: save the file as UTF-8 '
            'without one.'
        )
    if public_key[0].isspace():
        return 'it begins with white space: remove it.'
    found = _LINE.match(line)
    key_type = line.split(None, 1)[0].decode()
    if not _is_known(key_type):
        return _explain_type(key_type, public_key)
    if found is None:
        return (
            'no data follows the name of its type on the same line: send '
            'the whole line of the .pub file.'
        )
    return _explain_data(key_type, found[2], line)


def _explain_type(key_type: str, public_key: str) -> str:
    if _LATER_TYPE.search(public_key):
        return (
            'something stands before the name of its type, such as the '
            'options of an authorized_keys file or the host of a '
            'known_hosts file: send the line from the type on.'
        )
    if key_type.startswith('AAAA'):
        return (
            'the name of its type, such as ssh-rsa, is missing before the '
            'data: send the whole line of the .pub file.'
        )
    if key_type in ('rsa-sha2-256', 'rsa-sha2-512'):
        return (
            'it begins with the name of a signature algorithm; the type of '
            'every RSA key is ssh-rsa: write that instead.'
        )
    if _is_known(key_type.lower()):
        return 'the name of its type must be in lower case.'
    if any(c < ' ' or c == '\x7f' for c in key_type):
        return (
            'it has control characters in the name of its type: send the '
            'line of a .pub file as plain text.'
        )
    return (
        'it does not begin with the name of a supported type and a blank: '
        'send the line of a .pub file whose first word is one of '
        f'{", ".join(_STRINGS)}.'
    )


def _explain_data(key_type: str, data: bytes, line: bytes) -> str:
    text = _NOT_BASE64.sub(b'', data.split(b'=')[0])
    if not data.isascii() or len(text) < 4:
        return _NOT_DATA
    if _loads(line, key_type.encode(), data):
        return (
            'another line follows its data at once: send one key only, or '
            'give the first one a comment.'
        )
    # One character more than a multiple of four encodes no byte.
    stray = len(text) % 4 == 1
    blob = binascii.a2b_base64(text[:-1] if stray else text + b'==')
    if reason := _explain_blob(key_type, blob):
        return reason
    if padding := _missing_padding(data):
        return f'the end of its data is missing: append "{padding}" to it.'
    return _TOO_LONG if stray else _NOT_DATA


def _explain_blob(key_type: str, blob: bytes) -> str | None:
    """Say what is wrong with the decoded data; None: nothing is."""
    begin = _string(key_type)
    if not blob.startswith(begin) and not begin.startswith(blob):
        return _explain_name(key_type, blob)
    data = binascii.b2a_base64(blob, newline=False)
    if _loads(b'%s %s' % (key_type.encode(), data), key_type.encode(), data):
        return None
    if key_type.endswith(_CERTIFICATE):
        return (
            'its data is not a valid certificate: copy it again, from the '
            '-cert.pub file.'
        )
    return _explain_strings(key_type, blob)


def _explain_name(key_type: str, blob: bytes) -> str:
    for name in (*_STRINGS, *(f'{name}{_CERTIFICATE}' for name in _STRINGS)):
        if blob.startswith(_string(name)):
            return (
                f'it begins with {key_type}, but its data is of the type '
                f'{name}: copy the key again, from the .pub file.'
            )
    return (
        f'its data is not a key of the type {key_type}: copy the key again, '
        'from the .pub file.'
    )


def _explain_strings(key_type: str, blob: bytes) -> str:
    try:
        strings, rest = _split(blob, _STRINGS[key_type])
    except ValueError:
        return _TOO_SHORT
    if rest:
        return _TOO_LONG
    if key_type == _DSA and len(strings[1].lstrip(b'\0')) * 8 != _DSA_BITS:
        return f'SSH has DSA keys of {_DSA_BITS} bits only: use another type.'
    return (
        f'the numbers in its data do not make a key of the type {key_type}: '
        'copy the key again, from the .pub file.'
    )


def _string(text: str) -> bytes:
    return len(text).to_bytes(4) + text.encode()


def _missing_padding(data: bytes) -> str:
    """Return the ``=`` that base64 data lacks; none where they do not help.

    As in decoding, characters outside the alphabet do not count.
    """
    body = data.rstrip(b'=')
    needed = -len(_NOT_BASE64.sub(b'', body)) % 4
    if b'=' in body or needed == 3:
        return ''
    return '=' * (needed - (len(data) - len(body)))
