# SPDX-License-Identifier: Apache-2.0

"""What a request's version and its mount's profile mean, by name.

Version and profile are turned, once per request, into one frozen
:class:`Contract`. Every other module asks it; none compares versions or
knows a profile's name.
"""

import dataclasses
from typing import Any

from microversion_parse import Version

from keypair_ext import environ as env, exception, profiles
from keypair_ext.api import microversions, schemas
from keypair_ext.api.validation import BODY, QUERY, Validator

Headers = tuple[tuple[str, str], ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Contract:
    """The questions a handler may ask about the request it answers."""

    version: str | None
    version_headers: Headers
    create_body: Validator
    list_query: Validator
    item_query: Validator
    takes_type: bool
    takes_user_id: bool
    pages: bool
    shows_type: bool
    shows_created_at_on_create: bool
    shows_created_at_in_lists: bool
    sha256_in_header: bool
    sha256_in_body: bool
    imported_status: int
    generated_status: int
    listed_status: int
    shown_status: int
    deleted_status: int
    keys: profiles.KeyRules
    beside: 'Beside'


@dataclasses.dataclass(frozen=True, slots=True)
class Beside:
    """What a version says of the resources beside key pairs."""

    network_limits: bool
    file_limits: bool
    image_metadata_limit: bool
    limits_query: Validator
    quota_query: Validator
    extensions_query: Validator


class Contracts:
    """All contracts of one mount, made when it is loaded.

    :param profile: the mount's profile.
    :param max_version: the newest version that the mount's host allows.
    :raises ConfigurationError: the profile names a version that is not
        there.
    """

    def __init__(
        self, profile: profiles.Profile, max_version: Version
    ) -> None:
        self.profile = profile
        # Whether the mount has microversions.
        self.negotiated = profile.versions.negotiated
        self.max_version = _newest(profile, max_version)
        self._hints = {
            member: hint
            for member, version, hint in microversions.HINTS
            if self.negotiated and version <= self.max_version
        }
        self._by_version: dict[Version, Contract] = {}
        for minor in range(1, self.max_version[1] + 1):
            version = Version(2, minor)
            if version in microversions.CHANGES:
                meaning = self._build(version)
            self._by_version[version] = dataclasses.replace(
                meaning,
                version=str(version),
                version_headers=version_headers(str(version)),
            )
        # What nearly all clients send needs no parsing.
        self._by_header = {
            f'{microversions.SERVICE_TYPE} {version}': contract
            for version, contract in self._by_version.items()
        }
        self._legacy = self._build_legacy()
        # That of a dialect without microversions.
        self._fixed = self._build(
            _known(profile, 'behaves_as', profile.versions.behaves_as)
        )

    def choose(self, environ: dict[str, Any]) -> Contract:
        """Return the contract that a request asks for.

        :raises InvalidVersion: the version asked for is malformed.
        :raises VersionNotSupported: it is out of range.
        """
        if not self.negotiated:
            return self._fixed
        if environ.get(env.LEGACY_V2):
            return self._legacy
        usual = self._by_header.get(environ.get(microversions.ENV_HEADER, ''))
        if usual is not None:
            return usual
        requested = microversions.requested(environ)
        return self._by_version[
            microversions.negotiate(requested, self.max_version)
        ]

    def _build(self, version: Version) -> Contract:
        """Return what a version means, and what the profile makes of it."""
        has_types = version >= microversions.KEY_TYPES
        has_users = version >= microversions.USER_ID
        pages = version >= microversions.PAGING
        strict = version >= microversions.STRICT_QUERY
        import_only = version >= microversions.IMPORT_ONLY
        user_id = ['user_id'] if has_users else []
        paging = ['limit', 'marker'] if pages else []
        answers, statuses = self.profile.answers, self.profile.statuses
        return Contract(
            version=None,
            version_headers=(),
            create_body=self._body(
                schemas.NAME_2_92 if import_only else schemas.NAME,
                with_type=has_types,
                with_user_id=has_users,
                key_required=import_only,
            ),
            list_query=_query(*user_id, *paging, strict=strict),
            item_query=_query(*user_id, strict=strict),
            takes_type=has_types,
            takes_user_id=has_users,
            pages=pages,
            shows_type=has_types
            if answers.type == 'versioned'
            else answers.type == 'always',
            shows_created_at_on_create=answers.created_at_on_create,
            shows_created_at_in_lists=answers.created_at_in_lists,
            sha256_in_header=answers.sha256_fingerprint == 'header',
            sha256_in_body=answers.sha256_fingerprint == 'body',
            imported_status=statuses.imported or (201 if has_types else 200),
            generated_status=statuses.generated or (201 if has_types else 200),
            listed_status=statuses.listed or 200,
            shown_status=statuses.shown or 200,
            deleted_status=statuses.deleted or (204 if has_types else 202),
            keys=self.profile.keys,
            beside=_beside(version),
        )

    def _build_legacy(self) -> Contract:
        """Return the contract of ``/v2``: lenient, and without versions."""
        return dataclasses.replace(
            self._build(microversions.MIN_VERSION),
            create_body=self._body(
                schemas.LEGACY_NAME,
                with_type=False,
                with_user_id=False,
                key_required=False,
                strict=False,
            ),
        )

    def _body(self, rule: schemas.Schema, **meaning: bool) -> Validator:
        """Return what validates the body of a create.

        :param rule: upstream's on the characters of a name.
        """
        names = self.profile.names
        if names.characters:
            # Unlike upstream's: a '$' alone lets a newline pass.
            rule = {'pattern': rf'^(?!\s){names.characters}+(?<!\s)(?!\n)$'}
        name = schemas.name(rule, names.min_length, names.max_length)
        return Validator(schemas.create(name, **meaning), BODY, self._hints)


def _query(*names: str, strict: bool) -> Validator:
    return Validator(schemas.query(*names, strict=strict), QUERY)


def _beside(version: Version) -> Beside:
    strict = version >= microversions.STRICT_QUERY
    return Beside(
        network_limits=version < microversions.NO_NETWORK_LIMITS,
        file_limits=version < microversions.NO_FILE_LIMITS,
        image_metadata_limit=version < microversions.NO_IMAGE_METADATA,
        limits_query=_query('tenant_id', strict=strict),
        quota_query=_query('user_id', strict=strict),
        extensions_query=_query(
            strict=version >= microversions.STRICT_EXTENSIONS
        ),
    )


def version_headers(version: str) -> Headers:
    """Return the headers that tell a version; ``Vary`` twice, as Nova."""
    return (
        (microversions.HEADER, f'{microversions.SERVICE_TYPE} {version}'),
        (microversions.LEGACY_HEADER, version),
        ('Vary', microversions.HEADER),
        ('Vary', microversions.LEGACY_HEADER),
    )


def fault_headers(error: Exception, contract: Contract | None) -> Headers:
    """Return the headers of a fault that hang on the version asked for.

    :param contract: None where the request got no further than its version;
        then only one that is out of range is told, as it was asked for.
    """
    if contract is not None:
        return contract.version_headers
    if isinstance(error, exception.VersionNotSupported):
        return version_headers(str(error.fields['version']))
    if isinstance(error, exception.MethodNotAllowed):
        return (('Allow', str(error.fields['allowed'])),)
    return ()


def _newest(profile: profiles.Profile, max_version: Version) -> Version:
    limits = [max_version, microversions.MAX_VERSION]
    if profile.versions.max:
        limits.append(_known(profile, 'max', profile.versions.max))
    return min(limits)


def _known(profile: profiles.Profile, key: str, text: str) -> Version:
    """Return a version that a profile names.

    :raises ConfigurationError: it is newer than all that we know.
    """
    version = microversions.parse(text)
    if version > microversions.MAX_VERSION:
        raise exception.ConfigurationError(
            reason=f'Profile {profile.name} is not valid: versions.{key}: '
            f'{text} is newer than {microversions.MAX_VERSION}, the newest '
            f'there is.'
        )
    return version
