# SPDX-License-Identifier: Apache-2.0

"""What is fuzzed: a function of bytes each, which fails where we do.

A target says whether it took the input. It lets nothing pass but the errors
that a caller is told about, compares what was taken with what Nova or plain
reading makes of it, and sees to it that no refusal repeats what was sent.
"""

import base64
import hashlib
import io
import re
from collections.abc import Callable
from typing import Any
from urllib import parse as urlparse

import jsonschema
from cryptography import x509 as cryptography_x509
from cryptography.hazmat.primitives import hashes, serialization
from oslo_context import context

from keypair_ext import exception, keytypes, profiles
from keypair_ext.api import contract, microversions, request, routes
from keypair_ext.api.validation import Validator
from keypair_ext.keytypes import base, rsa, ssh, x509
from keypair_ext.tests.versions import NEWEST

Target = Callable[[bytes], bool]

# As long as a piece of a key that tells something; no word of ours is, and
# the unknown names that a refusal repeats have 24 characters at most.
_LONG = re.compile(r'[A-Za-z0-9+/=]{25,}')

# One of each schema of a body; the last two are /v2 and a vendor's.
_VERSIONS = ('2.1', '2.2', '2.10', '2.92')

_METHODS = ('GET', 'POST', 'DELETE', 'PUT')


def load() -> dict[str, Target]:
    """Return the targets by name; each has a corpus of its name."""
    return {
        'ssh': _ssh(),
        'x509': _x509(),
        'body': _body(),
        'version': _version(),
        'path': _path,
    }


def text_of(data: bytes) -> str:
    """Return what JSON could hold: also halves of surrogate pairs."""
    return data.decode('utf-8', 'surrogateescape')


def _check_silence(refused: Exception, text: str) -> None:
    """Return if a refusal repeats no word that could be of a key."""
    said = str(refused)
    assert said.isprintable(), said
    for word in _LONG.findall(text):
        assert word not in said, said


# Keys.


def _ssh() -> Target:
    key_type = ssh.SshKeyType(rsa.make_rsa)

    def feed(data: bytes) -> bool:
        text = text_of(data)
        ours = _fingerprint(key_type, text)
        _check_like_nova(ours, _nova_ssh(text), text, _is_spaced(text))
        assert key_type.rewrite(text, False, None) == text
        if ours is not None:
            rewritten = key_type.rewrite(text, True, 'comment')
            assert key_type.fingerprint(rewritten) == ours, rewritten
        return ours is not None

    return feed


def _x509() -> Target:
    key_type = x509.X509KeyType(rsa.make_rsa)

    def feed(data: bytes) -> bool:
        text = text_of(data)
        ours = _fingerprint(key_type, text)
        _check_like_nova(ours, _nova_x509(text), text)
        return ours is not None

    return feed


def _fingerprint(key_type: keytypes.KeyType, text: str) -> str | None:
    try:
        found = key_type.fingerprint(text)
    except exception.InvalidKey as refused:
        _check_silence(refused, text)
        return None
    assert re.fullmatch('[0-9a-f]{2}(:[0-9a-f]{2})+', found), found
    assert found == key_type.fingerprint(text)
    return found


def _check_like_nova(
    ours: str | None, nova: str | None, text: str, alike: bool = True
) -> None:
    """Return if we take all that Nova takes, but what is no public key.

    :param alike: whether the fingerprints are the same, too.
    """
    refused_on_purpose = (
        '\0' in text
        or 'PRIVATE KEY' in text
        or 'PuTTY-User' in text
        or len(text) * 3 > base.MAX_BYTES
        # Behind the key, where pieces of others come together.
        or keytypes.holds_private_key(' '.join(text.split(' ')[2:]))
    )
    if nova is not None and not refused_on_purpose:
        assert ours is not None
        assert ours == nova or not alike, (ours, nova)


def _is_spaced(text: str) -> bool:
    """Return whether single blanks stand around the data.

    Nova hashes along what follows the data without one, and nothing where
    two come before it.
    """
    data = text.encode(errors='surrogateescape')
    return data.split(b' ')[1:2] == data.split(None, 2)[1:2]


def _nova_ssh(text: str) -> str | None:
    """Return what ``nova.crypto.generate_fingerprint`` does, None: 400."""
    try:
        serialization.load_ssh_public_key(text.encode())
        blob = base64.b64decode(text.split(' ')[1])
    except Exception:  # noqa: BLE001 (so does Nova)
        return None
    return hashlib.md5(blob, usedforsecurity=False).digest().hex(':')


def _nova_x509(text: str) -> str | None:
    """Return what Nova's ``generate_x509_fingerprint`` does."""
    try:
        found = cryptography_x509.load_pem_x509_certificate(text.encode())
    except Exception:  # noqa: BLE001 (Nova catches three kinds, 500 else)
        return None
    return found.fingerprint(hashes.SHA1()).hex(':')  # noqa: S303


# Bodies.


def _contracts() -> contract.Contracts:
    return contract.Contracts(
        profiles.load(profiles.DEFAULT), microversions.MAX_VERSION
    )


def _body() -> Target:
    contracts = _contracts()
    environs: list[dict[str, Any]] = [
        {'HTTP_OPENSTACK_API_VERSION': f'compute {version}'}
        for version in _VERSIONS
    ]
    environs.append({'openstack.legacy_v2': True})
    validators = [contracts.choose(e).create_body for e in environs]
    judges = [jsonschema.Draft202012Validator(v.schema) for v in validators]

    def feed(data: bytes) -> bool:
        asked = _request(data)
        try:
            asked.check()
        except (exception.MalformedBody, exception.BodyTooLarge) as refused:
            _check_silence(refused, text_of(data))
            return False
        text = text_of(data)
        taken = [
            _validates(validator, judge, asked.body, text)
            for validator, judge in zip(validators, judges, strict=True)
        ]
        return any(taken)

    return feed


def _request(data: bytes) -> request.Request:
    return request.Request(
        {
            'REQUEST_METHOD': 'POST',
            'wsgi.input': io.BytesIO(data),
            'CONTENT_LENGTH': str(len(data)),
        },
        context.RequestContext(user_id='u'),
        routes.Route('create', None, None),
        max_body=114688,
    )


def _validates(
    validator: Validator,
    judge: jsonschema.Draft202012Validator,
    document: object,
    text: str,
) -> bool:
    """Return whether a document is valid; the schema alone must agree."""
    try:
        validator.validate(document)
    except exception.ValidationFailed as refused:
        _check_silence(refused, text)
        # The names of /v2 are judged by code, which the schema only names.
        assert 'printable' in str(refused) or not judge.is_valid(document)
        return False
    assert judge.is_valid(document)
    return True


# Headers.


def _version() -> Target:
    contracts = _contracts()

    def feed(data: bytes) -> bool:
        standard, separator, legacy = data.decode('latin-1').partition('\0')
        environ: dict[str, Any] = {'HTTP_OPENSTACK_API_VERSION': standard}
        if separator:
            environ['HTTP_X_OPENSTACK_NOVA_API_VERSION'] = legacy
        try:
            chosen = contracts.choose(environ)
        except exception.VersionNotSupported as refused:
            for _, value in contract.fault_headers(refused, None):
                assert value.isascii() and value.isprintable(), value
            return False
        except exception.InvalidVersion:
            return False
        _check_version(chosen.version, standard + legacy)
        return True

    return feed


def _check_version(version: str | None, headers: str) -> None:
    assert version is not None
    found = microversions.parse(version)
    assert microversions.MIN_VERSION <= found <= microversions.MAX_VERSION
    assert version in headers or version in ('2.1', NEWEST), version


# Paths.


def _path(data: bytes) -> bool:
    """Take a method, whether it is ``/v2``, and a path as it was sent."""
    kind, quoted = data[:1], data[1:].decode('latin-1')
    number = kind[0] if kind else 0
    is_legacy = bool(number & 4)
    path = urlparse.unquote(quoted, encoding='latin-1')
    environ: dict[str, Any] = {
        'REQUEST_METHOD': _METHODS[number % 4],
        'PATH_INFO': path,
        'REQUEST_URI': quoted,
    }
    if is_legacy:
        environ['openstack.legacy_v2'] = True
    found = routes.Table(routes.KEYPAIRS).match(environ)
    if not is_legacy or '%2f' not in quoted.lower():
        assert (found is not None) == _is_ours(path), path
    if found is None:
        return False
    _check_route(found, is_legacy, path)
    return True


def _check_route(found: routes.Route, is_legacy: bool, path: str) -> None:
    if found.project_id is not None:
        assert re.fullmatch('[0-9a-f-]+', found.project_id)
    if found.name is None:
        assert found.operation in ('list', 'create', None)
    else:
        assert found.operation in ('show', 'delete', None)
        assert found.name and (is_legacy or '/' not in found.name), path


def _is_ours(path: str) -> bool:
    """Read a path word by word, as ``doc`` says it is read."""
    # As '$' does, but where the newline is all of the name.
    text = path if path.endswith('/\n') else path.removesuffix('\n')
    first, *words = re.sub('/+', '/', text).split('/')
    if words and re.fullmatch('[0-9a-f-]+', words[0]):
        words = words[1:] if words[0] != 'os-keypairs' else words
    return (
        first == ''
        and words[:1] == ['os-keypairs']
        and (len(words) == 1 or (len(words) == 2 and words[1] != ''))
    )
