# SPDX-License-Identifier: Apache-2.0

"""What the application does with key pairs, whatever asked for it.

The use cases know no HTTP. Who may do what is decided before they are
called; what may be stored is decided here.
"""

from collections.abc import Sequence

from oslo_context import context as oslo_context

from keypair_ext import exception, keytypes, notifications, profiles, quota
from keypair_ext.db.store import Keypair, ListedKeypair, Store
from keypair_ext.keytypes import KeyType, material, strength

Context = oslo_context.RequestContext

# The columns of names and user ids, in characters.
_MAX_LENGTH = 255


class Keypairs:
    """The use cases: list, show, import, generate, delete.

    :param store: where key pairs are kept.
    :param key_types: the key types by name.
    :param quota_driver: how many a user may have.
    :param notifier: whom to tell.
    :param key_strength: judges keys that are imported.
    """

    def __init__(
        self,
        store: Store,
        key_types: dict[str, KeyType],
        quota_driver: quota.Driver,
        notifier: notifications.Notifier,
        key_strength: strength.Strength | strength.Unjudged,
    ) -> None:
        self._store = store
        self._key_types = key_types
        self._quota = quota_driver
        self._notifier = notifier
        self._strength = key_strength

    def list(
        self,
        user_id: str,
        limit: int | None,
        marker: str | None,
        *,
        with_times: bool = False,
    ) -> Sequence[ListedKeypair]:
        """Return a user's key pairs by name, those after ``marker``.

        :param with_times: say when they were created.
        :raises MarkerNotFound: the user has no key pair of that name.
        """
        if marker is not None and not _can_exist(marker):
            raise exception.MarkerNotFound(marker=marker)
        if not _can_exist(user_id):
            return []
        return self._store.list(user_id, limit, marker, with_times=with_times)

    def get(self, user_id: str, name: str) -> Keypair:
        """Return one key pair.

        :raises KeypairNotFound: the user has none of this name.
        """
        self._refuse_impossible(user_id, name)
        return self._store.get(user_id, name)

    def import_public_key(
        self,
        context: Context,
        user_id: str,
        name: str,
        key_type: str,
        public_key: str,
        rules: profiles.KeyRules,
    ) -> Keypair:
        """Store a public key, as it came, and return its key pair.

        Where the rules want imports to be idempotent, and the user has this
        very key under this name, return what is stored: nothing has happened,
        so nobody is told.

        :raises ValidationFailed: the name or the user id is a private key.
        :raises QuotaExceeded: the user has as many as allowed.
        :raises InvalidKey: it is not a key of this type.
        :raises KeypairExists: the user has one of this name.
        """
        _refuse_secrets(user_id, name)
        judged = self._judge(user_id, key_type, public_key, rules)
        refused = isinstance(judged, exception.InvalidInput)
        may_be_there = rules.idempotent_import and not refused
        if may_be_there:
            there = self._find_same(user_id, name, key_type, public_key)
            if there is not None:
                return there
        # Nova tells that it starts before it looks at the key. That others
        # may see the key has to be known by then.
        subject = notifications.Subject(
            user_id,
            name,
            key_type,
            notifications.HIDDEN if refused else public_key,
        )
        with self._notifier.action(context, 'import', subject) as action:
            try:
                quota.check_project(self._quota, context)
                limit = self._quota.limit(context.user_id, context.project_id)
                if refused or self._notifier.enabled:
                    self._check_quota(user_id, limit)
                action.start()
                if isinstance(judged, exception.InvalidInput):
                    raise judged
                stored_key, fingerprint = judged
                keypair = self._store.create(
                    user_id, name, key_type, fingerprint, stored_key, limit
                )
            except (exception.KeypairExists, exception.QuotaExceeded) as error:
                # Another import of the same key may have been quicker.
                if may_be_there:
                    there = self._find_same(
                        user_id, name, key_type, public_key
                    )
                    if there is not None:
                        return there
                self._tell_before(error, rules, user_id, name, judged)
                raise
            action.end(keypair)
        self._strength.report(user_id, name, key_type, public_key)
        return keypair

    def generate(
        self,
        context: Context,
        user_id: str,
        name: str,
        key_type: str,
        rules: profiles.KeyRules,
    ) -> tuple[Keypair, str]:
        """Make a key pair, store its public half, return (it, private key).

        :raises QuotaExceeded: the user has as many as allowed.
        :raises KeypairExists: the user has one of this name.
        """
        _refuse_secrets(user_id, name)
        subject = notifications.Subject(user_id, name, key_type, None)
        with self._notifier.action(context, 'create', subject) as action:
            try:
                quota.check_project(self._quota, context)
                limit = self._quota.limit(context.user_id, context.project_id)
                # Making a key is dear: none is made that could not be stored.
                self._check_quota(user_id, limit)
                action.start()
                _check_user_id(user_id)
                self._check_name(user_id, name)
                made = self._key_types[key_type].generate(
                    user_id, rules.generated_comment
                )
                keypair = self._store.create(
                    user_id,
                    name,
                    key_type,
                    made.fingerprint,
                    made.public_key,
                    limit,
                )
            except exception.QuotaExceeded as error:
                self._tell_before(error, rules, user_id, name)
                raise
            action.end(keypair)
        return keypair, made.private_key

    def delete(self, context: Context, user_id: str, name: str) -> None:
        """Delete one key pair.

        :raises KeypairNotFound: the user has none of this name.
        """
        subject = notifications.Subject(user_id, name, None, None)
        with self._notifier.action(context, 'delete', subject) as action:
            action.start()
            self._refuse_impossible(user_id, name)
            if not self._notifier.enabled:
                self._store.delete(user_id, name)
                return
            keypair = self._store.get(user_id, name)
            action.found(keypair)
            self._store.delete(user_id, name)
            action.end(keypair)

    def _check_quota(self, user_id: str, limit: int) -> None:
        """Return if there is room for one more, as far as one can tell.

        What decides is the count in the transaction that stores a key.
        """
        if limit >= 0 and self._store.count(user_id, limit) >= limit:
            raise exception.QuotaExceeded(limit=limit)

    def _tell_before(
        self,
        error: exception.KeypairExtError,
        rules: profiles.KeyRules,
        user_id: str,
        name: str,
        judged: tuple[str, str] | exception.InvalidInput | None = None,
    ) -> None:
        """Tell what else is wrong before a full quota, where rules want it."""
        full = isinstance(error, exception.QuotaExceeded)
        if full and rules.duplicate_before_quota:
            if isinstance(judged, exception.InvalidInput):
                raise judged from None
            _check_user_id(user_id)
            self._check_name(user_id, name)

    def _check_name(self, user_id: str, name: str) -> None:
        if self._store.exists(user_id, name):
            raise exception.KeypairExists(name=name)

    def _find_same(
        self, user_id: str, name: str, key_type: str, public_key: str
    ) -> Keypair | None:
        """Return the key pair of this name if it is this key."""
        try:
            there = self.get(user_id, name)
        except exception.KeypairNotFound:
            return None
        is_same = there.type == key_type and material.is_same(
            key_type, public_key, there.public_key
        )
        return there if is_same else None

    def _judge(
        self,
        user_id: str,
        key_type: str,
        public_key: str,
        rules: profiles.KeyRules,
    ) -> tuple[str, str] | exception.InvalidInput:
        """Return a key as it is to be stored and its fingerprint.

        Or why it is not: that is told when its turn has come.
        """
        kind = self._key_types[key_type]
        try:
            _check_user_id(user_id)
            _check_size(public_key, rules.max_bytes)
            if rules.restore_padding or rules.default_comment:
                public_key = kind.rewrite(
                    public_key, rules.restore_padding, rules.default_comment
                )
            fingerprint = kind.fingerprint(public_key)
            self._strength.check(key_type, public_key)
        except exception.InvalidInput as error:
            return error
        return public_key, fingerprint

    @staticmethod
    def _refuse_impossible(user_id: str, name: str) -> None:
        if not _can_exist(user_id + name):
            raise exception.KeypairNotFound(user_id=user_id, name=name)


def _can_exist(text: str) -> bool:
    """Say whether a database could hold this text in a name or a user id."""
    return '\0' not in text and (text.isascii() or _is_unicode(text))


def _is_unicode(text: str) -> bool:
    try:
        text.encode('utf-8')
    except UnicodeEncodeError:
        return False
    return True


def _check_user_id(user_id: str) -> None:
    if len(user_id) > _MAX_LENGTH or not _can_exist(user_id):
        raise exception.ValidationFailed(
            reason='Invalid input for field/attribute user_id. It must be '
            f'text of at most {_MAX_LENGTH} characters.'
        )


def _check_size(public_key: str, most: int | None) -> None:
    size = len(public_key.encode('utf-8', 'surrogatepass'))
    if most is not None and size > most:
        raise exception.InvalidKey(
            reason=f'the public key has {size} bytes, and {most} are allowed. '
            f'Use a shorter key or comment.'
        )


def _refuse_secrets(user_id: str, name: str) -> None:
    """Let no private key become what everybody sees.

    :raises ValidationFailed: one of the two holds one.
    """
    for field, value in (('name', name), ('user_id', user_id)):
        if keytypes.holds_private_key(value):
            raise exception.ValidationFailed(
                reason=f'Invalid input for field/attribute {field}. It holds '
                f'a private key, which must never leave its owner: choose '
                f'another one, and replace the private key if others could '
                f'read it.'
            )
