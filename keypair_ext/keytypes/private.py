# SPDX-License-Identifier: Apache-2.0

"""Whether a text holds a private key, in whatever form people have one.

Some forms are known by words that no other text has. Most need none: their
bytes have a structure, so all that can be base64 or hexadecimal is decoded,
whatever stands between its characters, and the bytes are looked at. Each
pattern fixes 36 bits or more, so that public keys, which look random, do not
match by chance, and leaves out what certificates have in common with it.
"""

import binascii
import html
import re
import unicodedata
from collections.abc import Iterator
from urllib import parse as urlparse

# Below that there is no room for one: 32 bytes in base64 are 43 characters.
_SHORTEST = 40

# How many encodings in each other are undone: files in base64 are common.
_DEPTH = 3

# The usual line of a .pub file. What goes on behind its key is found when it
# is loaded, and the comment is too short.
_PLAIN = re.compile(
    r'[a-z0-9@.-]+ AAAA[A-Z][23nGH][A-Za-z0-9+/]+={0,2}'
    rf'(?: [^\n]{{0,{_SHORTEST - 1}}})?(?:\r?\n)?'
)

# In a text without white space.
_WORDS = re.compile(
    # PEM, OpenSSH, ssh.com, PGP; one of the two lines may be cut off.
    rb'(?:BEGIN|-[^A-Za-z]{0,5}END)[^a-z]{0,40}?PRIVATE[^A-Za-z]{0,9}KEY'
    rb'|SSHPRIVATEKEYFILE'  # SSH protocol 1
    rb'|DEK-Info:[A-Z0-9-]+,[0-9A-F]{16}'  # PEM that is encrypted
    rb'|PuTTY-User-Key-File-|Private-(?:Lines|MAC|Hash):'
    rb'|AGE-SECRET-KEY-|age-secret-key-'
    rb'|(?:minisign|signify|rsign)(?:encrypted)?secretkey'
    rb'|\((?:\d+:)?(?:protected-)?private-key'  # GnuPG's own files
    rb'|[Pp]rivateExponent:|Private-Key:(?:\(|priv)'  # openssl, BIND
    rb'|<(?:D|InverseQ)>[A-Za-z0-9+/]{40}'  # RFC 6931, and .NET
    rb'|PrivateKey[=:][A-Za-z0-9+/]{43}=',  # WireGuard, BIND
)
# RFC 7517, JSON Web Key: the member that is secret, beside the type.
_JWK_TYPE, _JWK_SECRET = (
    b'kty',
    re.compile(rb'(?<![\w-])[dk]["\']?\s*[:=]\s*["\']?[\w-]{16}'),
)

# DER (X.690): tag and length of a sequence; the head of RSADSI's names.
_SEQUENCE = rb'\x30(?:[\x05-\x80]|\x81.|\x82..|\x83...)'
_RSADSI = rb'\x2a\x86\x48\x86\xf7\x0d\x01'

_STRUCTURES = (
    rb'openssh-key-v1\0',
    # OpenSSH's without its first lines: a secret behind the public number.
    rb'ssh-ed25519\0\0\0\x20.{32}\0\0\0\x40',
    rb'\0\0\0\x13ecdsa-sha2-nistp...\0\0\0\x08nistp...'
    rb'\0\0\0(?:\x41.{65}|\x61.{97}|\x85.{133})\0\0\0[\x1c-\x43]',
    # RFC 8017, RSAPrivateKey, and DSA's: version, long number.
    _SEQUENCE + rb'\x02\x01[\0\1]\x02(?:[\x20-\x7f]|\x81.|\x82..)',
    # RFC 5915, ECPrivateKey: version, key.
    _SEQUENCE + rb'\x02\x01\x01\x04[\x0e-\x48]',
    # RFC 5958, PrivateKeyInfo: version, algorithm, key. A certificate of
    # version 1 begins with a number and an algorithm, too, but another
    # sequence follows: the key itself, or an algorithm that cannot sign.
    _SEQUENCE
    + rb'\x02\x01[\0\1]'
    + _SEQUENCE
    + rb'\x06(?:(?:\x03.{3}|\x07.{7}|\x08.{8}|\x09.{9})(?:\x05\0)?\x04'
    + rb'|\x07\x2a\x86\x48\xce(?:\x3d\x02|\x38\x04)\x01'
    + (rb'|\x09' + _RSADSI + rb'(?:\x01\x01|\x03\x01))'),
    # RFC 5958, EncryptedPrivateKeyInfo: an algorithm of PKCS#5 or PKCS#12.
    (_SEQUENCE * 2)
    + (rb'\x06(?:\x09' + _RSADSI + rb'\x05|\x0a' + _RSADSI + rb'\x0c\x01)'),
    # RFC 7292, PKCS#12: version, PKCS#7.
    (_SEQUENCE + rb'\x02\x01\x03')
    + (_SEQUENCE + rb'\x06\x09' + _RSADSI + rb'\x07'),
    # RFC 9580, a secret key or subkey of version 4: RSA, DSA, a curve.
    rb'(?:[\x94\x9c].|[\x95\x9d]..|[\xc5\xc7](?:[\0-\xbf]|[\xc0-\xdf].))'
    rb'\x04.{4}(?:[\1-\3\x11][\x04\x08\x0c\x10\x20]\0'
    rb'|[\x12\x13\x16](?:\x05\x2b\x81\x04\0|\x08\x2a\x86\x48\xce\x3d\x03\x01'
    rb'|\x09\x2b\x06\x01\x04\x01\xda\x47|\x09\x2b\x24\x03\x03\x02\x08'
    rb'|\x0a\x2b\x06\x01\x04\x01\x97\x55))',
    rb'SSH PRIVATE KEY FILE|\x3f\x6f\xf9\xeb\0\0',  # protocol 1, ssh.com
    rb'Ed(?:Sc|\0\0)B2|EdBK\0\0',  # minisign, signify
    rb'\x07\x02\0\0....(?:RSA2|DSS2)|\x1e\xf1\xb5\xb0\0\0\0\0',  # Windows
    rb'\xfe\xed\xfe\xed\0\0\0[\1\2]....\0\0\0\x01',  # Java's key store
)
_STRUCTURE = re.compile(b'|'.join(_STRUCTURES), re.DOTALL)

# Where a row of long numbers may begin, as SSH writes them and in DER. So
# many in a row no public key has; what is left of an RSA key has d, p, q and
# their like, wherever its beginning was lost.
_SSH_NUMBERS = (re.compile(rb'(?=\0\0(?:\0[\x1c-\xff]|[\1-\x08]))'), 4)
_DER_NUMBERS = (
    re.compile(rb'(?=\x02(?:[\x1c-\x7f]|\x81[\x80-\xff]|\x82[\1-\x08]))'),
    5,
)

# PuTTY's private part of a key on a curve is one number and nothing else.
_ONE_NUMBER = re.compile(
    rb'(?<![A-Za-z0-9+/])AAAA(?:[A-Za-z0-9+/]{4}){6,22}'
    rb'(?:[A-Za-z0-9+/]{2,3})?={0,2}(?![A-Za-z0-9+/=]|\s+[A-Za-z0-9+/]{20})'
)
# So is, where something takes it apart, a piece of a public key.
_BEFORE_PUBLIC = (b'NzaC1lZDI1NTE5', b'guY29t', b'NzaC1yc2EAAAADAQAB')

_WHITE = b' \t\n\v\f\r'
_INVISIBLE = bytes(set(range(32)) - set(_WHITE)) + b'\x7f'
_BASE64 = b'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
_NO_BASE64 = bytes(set(range(256)) - set(_BASE64 + b'-_'))
_FROM_URL = bytes.maketrans(b'-_', b'+/')
_BETWEEN_HEX = _WHITE + b':,;"\'{}[]()|\\'
_HEX = re.compile(rb'[0-9A-Fa-f]{76,}')
_TEXT = re.compile(rb'(?:[\t\n\r -~]\0?){40,}')


def holds_private_key(text: str) -> bool:
    """Tell whether a text holds a private key, encrypted or not.

    It may be all of the text, or stand behind or around something else. No
    public key, certificate, request for one or comment is taken for one.
    """
    if 'KEY' not in text and (len(text) < _SHORTEST or _PLAIN.fullmatch(text)):
        return False
    if '%' in text or '&' in text:
        text = urlparse.unquote(html.unescape(text))
    text = re.sub(
        r'\\(?:[nrt]|u[0-9A-Fa-f]{4})',
        ' ',
        unicodedata.normalize('NFKC', text),
    )
    return _holds(text.encode('ascii', 'ignore'), _DEPTH)


def _holds(text: bytes, depth: int) -> bool:
    text = text.translate(None, _INVISIBLE)
    if (
        _WORDS.search(text.translate(None, _WHITE))
        or (_JWK_TYPE in text and _JWK_SECRET.search(text))
        or _is_putty(text)
    ):
        return True
    return any(
        _STRUCTURE.search(data)
        or _has_row(data, *_SSH_NUMBERS)
        or _has_row(data, *_DER_NUMBERS)
        or any(
            _holds(inner[0], depth - 1)
            for inner in (_TEXT.finditer(data) if depth > 1 else ())
        )
        for data in _decoded(text)
    )


def _decoded(text: bytes) -> Iterator[bytes]:
    """Yield what a text is in base64 and in hexadecimal, wherever they begin.

    What is no base64 decodes to nothing in particular.
    """
    # What stands behind the last four is not to be lost.
    chars = text.translate(_FROM_URL, _NO_BASE64) + b'AAA'
    for start in range(4):
        end = start + (len(chars) - start) // 4 * 4
        yield binascii.a2b_base64(chars[start:end])
    for run in _HEX.findall(
        text.replace(b'0x', b'')
        .replace(b'\\x', b'')
        .translate(None, _BETWEEN_HEX)
    ):
        for start in range(2):
            end = start + (len(run) - start) // 2 * 2
            yield binascii.unhexlify(run[start:end])


def _has_row(data: bytes, begin: re.Pattern[bytes], count: int) -> bool:
    """Tell whether there are ``count`` long numbers in a row in the bytes."""
    return any(
        _follow(data, found.start(), begin, count)
        for found in begin.finditer(data)
    )


def _follow(
    data: bytes, at: int, begin: re.Pattern[bytes], count: int
) -> bool:
    for _ in range(count):
        if not begin.match(data, at):
            return False
        head, size = _sizes(data[at : at + 4])
        number = data[at + head : at + head + size]
        # A text, such as the name of a type, is no number.
        if len(number) < size or number[:1] > b'\x7f' or number.isascii():
            return False
        at += head + size
    return True


def _sizes(head: bytes) -> tuple[int, int]:
    """Return how long the head of a number is, and the number."""
    if head[0] == 0:  # SSH
        return 4, int.from_bytes(head)
    size = {0x81: 1, 0x82: 2}.get(head[1], 0)
    return 2 + size, int.from_bytes(head[2 : 2 + size]) if size else head[1]


def _is_putty(text: bytes) -> bool:
    for found in _ONE_NUMBER.finditer(text):
        data = binascii.a2b_base64(found[0] + b'==')
        before = text[max(0, found.start() - 99) : found.start()]
        before = re.sub(rb'[^A-Za-z0-9]', b'', before)
        if (
            int.from_bytes(data[:4]) == len(data) - 4
            and not data[4:].isascii()
            and not before.endswith(_BEFORE_PUBLIC)
        ):
            return True
    return False
