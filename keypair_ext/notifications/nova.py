# SPDX-License-Identifier: Apache-2.0

"""What is said on the message bus, in the words of Nova's notifications.

A private key is said to nobody: what was refused as a key is told as
``HIDDEN``, and so is any other text that holds one.
"""

import traceback
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from oslo_context import context as oslo_context
from oslo_utils import timeutils

from keypair_ext import exception
from keypair_ext.keytypes import holds_private_key

HIDDEN = '***'


class Described(Protocol):
    """What a notification says of a key pair, stored or only asked for."""

    @property
    def user_id(self) -> str: ...

    @property
    def name(self) -> str: ...

    @property
    def type(self) -> str | None: ...

    @property
    def fingerprint(self) -> str | None: ...

    @property
    def public_key(self) -> str | None: ...


class Subject(NamedTuple):
    """What an action is asked to do, before there is a stored key pair.

    :param public_key: the one that was sent, if it will be accepted, else
        ``HIDDEN``; None where none was sent.
    """

    user_id: str
    name: str
    type: str | None
    public_key: str | None
    fingerprint: str | None = None


def legacy_payload(
    context: oslo_context.RequestContext, subject: Subject
) -> dict[str, object]:
    """Return what an unversioned notification says of an action."""
    return {
        'tenant_id': context.project_id,
        'user_id': context.user_id,
        'key_name': _public(subject.name),
    }


def keypair_payload(keypair: Described) -> dict[str, object]:
    """Return the payload ``KeypairPayload`` for a key pair."""
    return _versioned_object(
        'KeypairPayload',
        '1.0',
        {
            'user_id': _public(keypair.user_id),
            'name': _public(keypair.name),
            'fingerprint': keypair.fingerprint,
            'public_key': _public(keypair.public_key),
            'type': keypair.type,
        },
    )


def _versioned_object(
    name: str, version: str, data: Mapping[str, object]
) -> dict[str, object]:
    """Return what oslo.versionedobjects makes of one of Nova's objects."""
    return {
        'nova_object.name': name,
        'nova_object.namespace': 'nova',
        'nova_object.version': version,
        'nova_object.data': data,
    }


def _public(text: str | None) -> str | None:
    """Return the text, or ``***`` if there is a private key in it.

    A key that is refused never gets here. A Nova that shares the table may
    have stored what it did not look at, and errors have texts of their own.
    """
    return HIDDEN if text and holds_private_key(text) else text


class _NovaError(NamedTuple):
    """How Nova's exception for the same failure describes itself.

    :param fields: the names of its fields, and of ours with their values.
    """

    name: str
    code: int
    fields: Mapping[str, str]


_NOVA_ERRORS: dict[type[Exception], _NovaError] = {
    exception.Forbidden: _NovaError('Forbidden', 403, {}),
    exception.InvalidKey: _NovaError(
        'InvalidKeypair', 400, {'reason': 'reason'}
    ),
    exception.KeypairExists: _NovaError(
        'KeyPairExists', 500, {'key_name': 'name'}
    ),
    exception.KeypairNotFound: _NovaError(
        'KeypairNotFound', 404, {'user_id': 'user_id', 'name': 'name'}
    ),
    exception.QuotaExceeded: _NovaError('KeypairLimitExceeded', 413, {}),
}


def arguments(name: str, subject: Subject) -> dict[str, object]:
    """Return the arguments of Nova's method for an action, in its order."""
    arguments: dict[str, object] = {
        'user_id': _public(subject.user_id),
        'key_name': _public(subject.name),
    }
    if name == 'import':
        arguments['public_key'] = subject.public_key
    if name != 'delete':
        arguments['key_type'] = subject.type
    return arguments


def legacy_error(error: Exception) -> str | None:
    """Return an error as text, in the form that Nova's exceptions have."""
    nova = _NOVA_ERRORS.get(type(error))
    if nova is None or not isinstance(error, exception.KeypairExtError):
        return _public(repr(error))
    fields = {
        theirs: error.fields[ours] for theirs, ours in nova.fields.items()
    }
    description = {
        'kwargs': {**fields, 'code': nova.code},
        'message': str(error),
        'class': nova.name,
    }
    return _public(str(description))


def versioned_error(error: Exception) -> dict[str, object]:
    """Return the payload ``ExceptionPayload`` for an error being handled."""
    nova = _NOVA_ERRORS.get(type(error))
    *_, (frame, _line) = traceback.walk_tb(error.__traceback__)
    return _versioned_object(
        'ExceptionPayload',
        '1.1',
        {
            'module_name': frame.f_globals.get('__name__', 'unknown'),
            'function_name': frame.f_code.co_name,
            'exception': nova.name if nova else type(error).__name__,
            'exception_message': _public(str(error)),
            'traceback': _public(','.join(traceback.format_exception(error))),
        },
    )


class Serializer:
    """Turns a context into what Nova's contexts look like on the bus."""

    def serialize_entity(
        self, context: oslo_context.RequestContext, entity: object
    ) -> object:
        return entity

    def serialize_context(
        self, context: oslo_context.RequestContext
    ) -> dict[str, Any]:
        # Not every oslo.messaging takes the token out before it asks us.
        safe = context.redacted_copy()
        values = safe.to_dict()
        nova_adds: dict[str, Any] = {
            'user_id': safe.user_id,
            'read_deleted': 'no',
            'remote_address': None,
            'timestamp': timeutils.utcnow().isoformat(timespec='microseconds'),
            'quota_class': None,
            'user_name': safe.user_name,
            'service_catalog': [],
            'project_name': safe.project_name,
        }
        return values | nova_adds | values
