# SPDX-License-Identifier: Apache-2.0

"""The errors of the domain.

No class here knows an HTTP status: :mod:`keypair_ext.api.faults` holds the one
table that turns a type into a status and a fault name. Where Nova has a
sentence for the same, ours begins with it: people search for it, and user
interfaces look at it.
"""

import re
from typing import ClassVar

_FIELD = re.compile(r'%\((\w+)\)')


class KeypairExtError(Exception):
    """Base of every error that a caller can be told about.

    A subclass sets ``message``, a sentence with named fields; what the
    caller gives as keyword arguments fills them. A field that the message
    lacks, or wants and does not get, is a bug and raises at once.

    :raises TypeError: the fields are not those of the message.
    """

    message: ClassVar[str] = 'An unknown error occurred.'

    def __init__(self, **fields: object) -> None:
        if fields.keys() != set(_FIELD.findall(self.message)):
            raise TypeError(f'{type(self).__name__} has not these fields')
        self.fields = fields
        super().__init__(self.message % fields)


# What the caller sent cannot be used.


class InvalidInput(KeypairExtError):
    """The request is wrong and will stay wrong if repeated."""

    message = 'Invalid input: %(reason)s'


class InvalidVersion(InvalidInput):
    message = (
        'API Version String %(version)s is of invalid format. Must be of '
        'format MajorNum.MinorNum, for example 2.1, or the word latest.'
    )


class MalformedBody(InvalidInput):
    message = 'Malformed request body: %(reason)s'


class MalformedQuery(InvalidInput):
    message = 'Malformed query string: %(reason)s'


class ProjectMismatch(InvalidInput):
    message = (
        "Malformed request URL: URL's project_id '%(project_id)s' doesn't "
        "match Context's project_id '%(context_project_id)s': use the project "
        'that the token is scoped to, or none.'
    )


class ValidationFailed(InvalidInput):
    message = '%(reason)s'


class InvalidKey(InvalidInput):
    message = 'Keypair data is invalid: %(reason)s'


class MarkerNotFound(InvalidInput):
    message = (
        'Marker %(marker)s could not be found. It must be the name of a key '
        'pair of the listed user.'
    )


class VersionNotSupported(KeypairExtError):
    message = (
        'Version %(version)s is not supported by the API. Minimum is '
        '%(min_version)s and maximum is %(max_version)s.'
    )


class UnsupportedContentType(KeypairExtError):
    message = 'Unsupported Content-Type %(content_type)r: use application/json'


class FormContentType(UnsupportedContentType):
    message = (
        'With a password, what changes something has to be sent as '
        'application/json: any page of another site can send the rest.'
    )


class BodyTooLarge(KeypairExtError):
    message = (
        'The request body is larger than the %(limit)d bytes that this '
        'service takes.'
    )


class MethodNotAllowed(KeypairExtError):
    message = 'This method is not allowed here. Allowed: %(allowed)s'


# The caller may not.


class NotAuthenticated(KeypairExtError):
    message = 'The request you have made requires authentication.'


class Forbidden(KeypairExtError):
    message = 'Forbidden'


class PolicyNotAuthorized(Forbidden):
    message = "Policy doesn't allow %(action)s to be performed."


class ForeignPage(Forbidden):
    message = (
        'This comes from a page of another site, which may not use the '
        'password of its visitors unless allowed_origin in [cors] names it.'
    )


class QuotaExceeded(Forbidden):
    message = (
        'Quota exceeded, too many key pairs. The limit is %(limit)d: delete '
        'one, or ask an administrator for a larger quota.'
    )


# What the caller names is not there, or is there already.


class NotFound(KeypairExtError):
    message = 'The resource could not be found.'


class KeypairNotFound(NotFound):
    message = 'Keypair %(name)s not found for user %(user_id)s'


class KeypairExists(KeypairExtError):
    message = "Key pair '%(name)s' already exists."


class NameTaken(KeypairExists):
    """Of another user, whom the database's index takes for the same."""

    message = (
        "Key pair '%(name)s' cannot be created: the database does not tell "
        'your user id from another one, whose key pair has this name. Choose '
        'another name.'
    )


# We cannot, for now.


class ServiceUnavailable(KeypairExtError):
    """Repeating the request later is safe and may help."""

    message = 'The service cannot answer now: %(reason)s Try again later.'


class DatabaseUnavailable(ServiceUnavailable):
    message = 'The database cannot be used now. Try again later.'


class TooManyGuesses(ServiceUnavailable):
    message = (
        'Too many wrong passwords are being sent to look at another one now. '
        'Try again later.'
    )


class DatabaseUnusable(DatabaseUnavailable):
    """The same for an operator's eyes: what is wrong, and what to do."""

    message = '%(reason)s'


class IdentityUnavailable(ServiceUnavailable):
    message = (
        'The Identity service cannot be asked now, so the token cannot be '
        'checked. Try again later.'
    )


class PolicyUnavailable(ServiceUnavailable):
    message = (
        'The policy of this service cannot be used now, so nothing is '
        'allowed. Try again later.'
    )


class QuotaUnavailable(ServiceUnavailable):
    message = (
        'The limits service cannot be asked now, so the quota of key pairs '
        'is not known. Try again later.'
    )


class RowUnusable(KeypairExtError):
    """Somebody else has written what no column of the table holds."""

    message = (
        'The table key_pairs has a row, %(row)s, whose %(column)s cannot be '
        'used: correct it, or delete the row.'
    )


# The operator made a mistake: one sentence, shown once, without a traceback.


class ConfigurationError(KeypairExtError):
    message = '%(reason)s'
