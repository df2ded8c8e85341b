# SPDX-License-Identifier: Apache-2.0

"""Keystone's answers, as recorded: the test bed gives them, and Keystone."""

import json
import os
import re
from collections.abc import Collection

import testtools

from keypair_ext.tests import base
from keypair_ext.tests.functional.identity import recorded, requests, services
from keypair_ext.tests.functional.identity.asking import Answers, ask


class RecordedTest(base.TestCase):
    # Keystone looks for the thing first, and says 404; the test bed looks at
    # who asks, and says 403 and 401.
    different = {'no such role, token', "a deleted user's projects"}

    def check(self, answers: Answers, different: Collection[str] = ()) -> None:
        """Hold answers against the recorded ones, each by itself."""
        known = recorded.read()
        self.assertEqual(list(known), list(answers))
        for name, answer in answers.items():
            with self.subTest(request=name):
                if name in different:
                    self.assertNotEqual(known[name], answer)
                else:
                    self.assertEqual(known[name], answer)

    def test_the_test_bed(self) -> None:
        imitation = self.useFixture(services.Imitation())
        self.check(ask(imitation, requests.everything()), self.different)

    @testtools.skipIf(
        os.environ.get('KEYPAIR_EXT_TEST_KEYSTONE') != '1',
        'set KEYPAIR_EXT_TEST_KEYSTONE=1, or run tox -e keystone: a Keystone '
        'is installed first',
    )
    def test_keystone(self) -> None:
        real = self.useFixture(services.RealKeystone())
        self.check(ask(real, requests.everything()))

    def test_no_secrets(self) -> None:
        # Nothing that looks like an id or a token, only words.
        text = json.dumps(recorded.read())
        self.assertEqual([], re.findall(r'[0-9a-f]{32}|gAAAA\S+', text))


class RequestsTest(base.TestCase):
    """Each answer is kept by a name of its own."""

    def test_names_are_unique(self) -> None:
        names = [request.name for request in requests.everything()]
        self.assertEqual(sorted(set(names)), sorted(names))
