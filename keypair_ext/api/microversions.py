# SPDX-License-Identifier: Apache-2.0

"""The API's microversions, and how a request asks for one.

A version is a :class:`microversion_parse.Version`, a tuple that compares.
What a version means is asked of :class:`keypair_ext.api.contract.Contract`;
nothing else compares versions.
"""

import re
from collections.abc import Mapping

import microversion_parse
from microversion_parse import Version

from keypair_ext import exception

SERVICE_TYPE = 'compute'
HEADER = 'OpenStack-API-Version'
LEGACY_HEADER = 'X-OpenStack-Nova-API-Version'

# As the environ has it.
ENV_HEADER = 'HTTP_OPENSTACK_API_VERSION'

_HEADERS = {
    ENV_HEADER: HEADER.lower(),
    'HTTP_X_OPENSTACK_NOVA_API_VERSION': LEGACY_HEADER.lower(),
}

MIN_VERSION = Version(2, 1)
MAX_VERSION = Version(2, 104)

# The versions that changed os-keypairs. Most others only changed other
# resources of Compute, and are accepted so that a client may name them.
KEY_TYPES = Version(2, 2)
USER_ID = Version(2, 10)
PAGING = Version(2, 35)
STRICT_QUERY = Version(2, 75)
IMPORT_ONLY = Version(2, 92)

# (version, what it changed in os-keypairs), in order. The documentation's
# history and the boundary tests are made from this.
HISTORY = (
    (MIN_VERSION, 'The first version of the v2.1 API.'),
    (
        KEY_TYPES,
        'Key pairs have a ``type``, ``ssh`` or ``x509``. Creating answers '
        '201 instead of 200, deleting 204 instead of 202.',
    ),
    (
        USER_ID,
        '``user_id``, in the body of a create and in the query of the rest, '
        'names another user; the policy decides who may.',
    ),
    (
        PAGING,
        '``limit`` and ``marker`` page through a list, and '
        '``keypairs_links`` leads to the next page.',
    ),
    (STRICT_QUERY, 'Unknown query parameters are refused.'),
    (
        IMPORT_ONLY,
        'Key pairs are imported only, ``public_key`` is required; names may '
        'also hold ``@`` and ``.``.',
    ),
)


def _taken_from(what: str, version: Version) -> str:
    return (
        f'{what} taken from version {version} on: ask for that with the '
        f'header "{HEADER}: {SERVICE_TYPE} {version}".'
    )


# (member of a body, the version that changed it, what to say to clients who
# use it as another version takes it).
HINTS = (
    ('type', KEY_TYPES, _taken_from("'type' is", KEY_TYPES)),
    ('user_id', USER_ID, _taken_from("'user_id' is", USER_ID)),
    ('name', IMPORT_ONLY, _taken_from("'@' and '.' are", IMPORT_ONLY)),
    (
        'public_key',
        IMPORT_ONLY,
        f'From version {IMPORT_ONLY} on key pairs are imported only: send a '
        f'public key, or ask for an earlier version to have one made.',
    ),
)

# Those that changed what the stand-alone service tells beside key pairs.
NO_NETWORK_LIMITS = Version(2, 36)
NO_IMAGE_METADATA = Version(2, 39)
NO_FILE_LIMITS = Version(2, 57)
STRICT_EXTENSIONS = Version(2, 102)

# Between these all versions mean the same.
CHANGES = {
    *(version for version, _ in HISTORY),
    NO_NETWORK_LIMITS,
    NO_IMAGE_METADATA,
    NO_FILE_LIMITS,
    STRICT_EXTENSIONS,
}

# The bound keeps int() cheap, and within what int() takes at all.
_VERSION = re.compile(r'([1-9]\d{0,999})\.([1-9]\d{0,999}|0)\n?', re.ASCII)


def requested(environ: Mapping[str, str]) -> str | None:
    """Return the version a request names, as text, None for none.

    ``OpenStack-API-Version: compute 2.N`` goes before the older
    ``X-OpenStack-Nova-API-Version: 2.N``; of several values the last counts.

    :param environ: the WSGI environ.
    """
    headers = {
        name: environ[key] for key, name in _HEADERS.items() if key in environ
    }
    found: str | None = microversion_parse.get_version(
        headers, SERVICE_TYPE, legacy_headers=[LEGACY_HEADER]
    )
    return found


def parse(text: str) -> Version:
    """Return the version that ``text`` names.

    :raises InvalidVersion: it is not two numbers joined by a dot.
    """
    match = _VERSION.fullmatch(text)
    if not match:
        raise exception.InvalidVersion(version=text)
    return Version(int(match[1]), int(match[2]))


def negotiate(text: str | None, max_version: Version) -> Version:
    """Turn what a request names into the version that answers it.

    :param text: what :func:`requested` found.
    :param max_version: the newest version of this mount.
    :raises InvalidVersion: the version is malformed.
    :raises VersionNotSupported: it is out of range.
    """
    if text is None:
        return MIN_VERSION
    if text == 'latest':
        return max_version
    version = parse(text)
    if not MIN_VERSION <= version <= max_version:
        raise exception.VersionNotSupported(
            version=version, min_version=MIN_VERSION, max_version=max_version
        )
    return version
