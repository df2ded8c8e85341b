# SPDX-License-Identifier: Apache-2.0

"""The use cases, over a real store."""

import contextlib
import dataclasses
import datetime
from collections.abc import Callable, Iterator
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from oslo_context import context as oslo_context

from keypair_ext import exception, keypairs, keytypes, notifications, profiles
from keypair_ext.keytypes import rsa, strength
from keypair_ext.tests import base
from keypair_ext.tests.unit.db import database
from keypair_ext.tests.unit.keytypes import vectors

KEY = f'{vectors.ED25519.line} a comment'
RULES = profiles.load('nova').keys
IDEMPOTENT = dataclasses.replace(RULES, idempotent_import=True)
QUOTA_LAST = dataclasses.replace(RULES, duplicate_before_quota=True)
RACKSPACE = profiles.load('rackspace').keys


class Quota:
    """Tells the limit that a test wants, and remembers for whom."""

    needs_project = True

    def __init__(self) -> None:
        self.told = 10
        self.asked: list[tuple[str | None, str | None]] = []

    def limit(self, user_id: str | None, project_id: str | None) -> int:
        self.asked.append((user_id, project_id))
        return self.told


class Notifier(notifications.Notifier, notifications.Action):
    """Writes down what it is told."""

    def __init__(self, enabled: bool) -> None:
        self.enabled = enabled
        self.told: list[tuple[str, Any]] = []
        self.when_started: Callable[[], object] = lambda: None

    @contextlib.contextmanager
    def action(
        self,
        context: oslo_context.RequestContext,
        name: str,
        subject: notifications.Subject,
    ) -> Iterator[notifications.Action]:
        self.told.append((name, subject))
        try:
            yield self
        except Exception as error:
            self.told.append(('error', type(error)))
            raise

    def start(self) -> None:
        self.told.append(('start', None))
        self.when_started()

    def found(self, keypair: notifications.Described) -> None:
        self.told.append(('found', keypair.name))

    def end(self, keypair: notifications.Described) -> None:
        self.told.append(('end', keypair.name))

    def said(self) -> list[str]:
        return [word for word, _ in self.told]


class KeypairsTestCase(base.TestCase):
    notifies = False

    def setUp(self) -> None:
        super().setUp()
        self.store = self.useFixture(database.Database()).store
        self.quota = Quota()
        self.notifier = Notifier(self.notifies)
        self.made = 0
        self.keypairs = keypairs.Keypairs(
            self.store,
            keytypes.load(self.make_rsa),
            self.quota,
            self.notifier,
            strength.Unjudged(),
        )
        self.context = oslo_context.RequestContext(
            user_id='caller', project_id='p', overwrite=False
        )

    def make_rsa(self) -> RSAPrivateKey:
        self.made += 1
        return rsa.make_rsa()

    def import_key(
        self,
        name: str = 'a',
        public_key: str = KEY,
        user_id: str = 'u',
        key_type: str = 'ssh',
        rules: profiles.KeyRules = RULES,
    ) -> Any:
        return self.keypairs.import_public_key(
            self.context, user_id, name, key_type, public_key, rules
        )

    def generate(
        self, name: str = 'a', key_type: str = 'ssh', user_id: str = 'u'
    ) -> Any:
        return self.keypairs.generate(
            self.context, user_id, name, key_type, RULES
        )


class IdempotentImportTest(KeypairsTestCase):
    notifies = True

    def again(self, public_key: str = f'{KEY} again', **asked: Any) -> Any:
        return self.import_key(
            public_key=public_key, rules=IDEMPOTENT, **asked
        )

    def test_nothing_happens(self) -> None:
        self.again(KEY)
        stored = self.store.get('u', 'a')
        self.notifier.told.clear()
        self.quota.asked.clear()
        self.quota.told = 1

        self.assertEqual(stored, self.again())

        self.assertEqual([], self.notifier.told)
        self.assertEqual([], self.quota.asked)
        self.assertEqual(1, self.store.count('u', 9))

    def test_whoever_loses_a_race_gets_what_the_winner_stored(self) -> None:
        for limit in (10, 1):
            with self.subTest(limit=limit):
                self.quota.told = limit
                with contextlib.suppress(exception.KeypairNotFound):
                    self.store.delete('u', 'a')
                self.notifier.told.clear()

                def be_quicker() -> None:
                    self.store.create('u', 'a', 'ssh', 'f', KEY, -1)

                self.notifier.when_started = be_quicker
                made = self.again()

                self.assertEqual(self.store.get('u', 'a'), made)
                self.assertEqual(['import', 'start'], self.notifier.said())


class DuplicateBeforeQuotaTest(KeypairsTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.import_key('there')
        self.quota.told = 1

    def test_whoever_took_the_name_and_the_last_place(self) -> None:
        self.quota.told = 2
        self.notifier.when_started = lambda: self.store.create(
            'u', 'new', 'ssh', 'f', vectors.RSA_2048.line, -1
        )
        self.assertRaises(
            exception.KeypairExists, self.import_key, 'new', rules=QUOTA_LAST
        )


class ImportTest(KeypairsTestCase):
    def test_moment(self) -> None:
        made = self.import_key()
        stored = self.store.get('u', 'a').created_at

        assert stored is not None
        self.assertEqual(0, stored.microsecond)
        self.assertLess(made.created_at - stored, datetime.timedelta(0, 1))
        self.assertGreaterEqual(made.created_at, stored)

    def test_quota_is_the_callers_and_counts_the_owners(self) -> None:
        self.quota.told = 1
        self.import_key(user_id='u')
        self.assertRaises(
            exception.QuotaExceeded, self.import_key, 'b', user_id='u'
        )
        self.import_key('b', user_id='v')

        self.assertEqual([('caller', 'p')] * 3, self.quota.asked)

    def test_owners_that_no_column_holds(self) -> None:
        for user_id in ('u' * 256, 'u\0', '\ud800'):
            with self.subTest(user_id=user_id[-1:]):
                for do in (self.import_key, self.generate):
                    self.assertRaises(
                        exception.ValidationFailed, do, user_id=user_id
                    )
        self.import_key(user_id='u' * 255)

    def test_rules_of_a_vendor(self) -> None:
        line = vectors.RSA_1024.line
        made = self.import_key(public_key=line.rstrip('='), rules=RACKSPACE)

        self.assertEqual(f'{line} Generated by Nova', made.public_key)
        self.assertEqual(made.public_key, self.store.get('u', 'a').public_key)
        self.assertEqual(vectors.RSA_1024.fingerprint, made.fingerprint)

    def test_longest_of_a_vendor(self) -> None:
        rules = profiles.KeyRules(max_bytes=len(KEY))

        self.import_key('a', KEY, rules=rules)
        for key in (f'{KEY}x', f'{KEY[:-1]}é'):
            error = self.assertRaises(
                exception.InvalidKey, self.import_key, 'b', key, rules=rules
            )
            self.assertIn(str(len(key.encode())), str(error))


class GenerateTest(KeypairsTestCase):
    def test_none_is_made_in_vain(self) -> None:
        self.import_key('taken')
        self.assertRaises(exception.KeypairExists, self.generate, 'taken')
        self.quota.told = 1
        for name in ('taken', 'free'):
            self.assertRaises(exception.QuotaExceeded, self.generate, name)
        self.assertEqual(0, self.made)


class ReadAndDeleteTest(KeypairsTestCase):
    def test_markers(self) -> None:
        for marker in ('nobody', '', 'm\0', '\ud800'):
            with self.subTest(marker=marker):
                self.assertRaises(
                    exception.MarkerNotFound,
                    self.keypairs.list,
                    'u',
                    None,
                    marker,
                )

    def test_what_cannot_be(self) -> None:
        self.import_key()
        for user_id, name in (
            ('u', 'b'),
            ('v', 'a'),
            ('u', 'a\0'),
            ('u\0', 'a'),
            ('u', '\ud800'),
            ('\ud800', 'a'),
        ):
            with self.subTest(user_id=user_id, name=name):
                self.assertRaises(
                    exception.KeypairNotFound,
                    self.keypairs.get,
                    user_id,
                    name,
                )
                self.assertRaises(
                    exception.KeypairNotFound,
                    self.keypairs.delete,
                    self.context,
                    user_id,
                    name,
                )
        for user_id in ('v', 'u\0', '\ud800'):
            self.assertEqual([], self.keypairs.list(user_id, None, None))


class NotifyingTest(KeypairsTestCase):
    notifies = True

    def test_only_what_is_accepted_is_told(self) -> None:
        secret = self.generate('a')[1]
        for text in (secret, f'{KEY} {secret}', 'garbage', f'{KEY[:40]}', ''):
            self.notifier.told.clear()
            self.assertRaises(exception.InvalidKey, self.import_key, 'b', text)
            # In Nova's order: it starts, and then the key is looked at.
            self.assertEqual(
                ['import', 'start', 'error'], self.notifier.said()
            )
            self.assertEqual(
                notifications.HIDDEN, self.notifier.told[0][1].public_key
            )

    def test_a_secret_for_a_name_is_told_to_nobody(self) -> None:
        # No '+' nor '/' nor '=': a name that every version takes.
        secret = (
            'MC4CAQAwBQYDK2VwBCIEIHeQt9yyloOaW8WkpoFWADYSvETOxMLNxJabNwgqqqy'
        )
        for do in (self.import_key, self.generate):
            for names in ({'name': secret}, {'user_id': secret}):
                error = self.assertRaises(
                    exception.ValidationFailed,
                    lambda do=do, names=names: do(**names),
                )
                self.assertNotIn(secret[:20], str(error))
        self.assertEqual([], self.notifier.told)
