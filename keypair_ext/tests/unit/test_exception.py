# SPDX-License-Identifier: Apache-2.0

"""Errors say what they are about, or do not come into being."""

import inspect
import re

from keypair_ext import exception
from keypair_ext.tests import base


class ErrorsTest(base.TestCase):
    def test_fields(self) -> None:
        error = exception.KeypairNotFound(name='a', user_id='u')

        self.assertEqual('Keypair a not found for user u', str(error))
        self.assertEqual({'name': 'a', 'user_id': 'u'}, error.fields)

    def test_fields_are_those_of_the_message(self) -> None:
        for fields in ({'name': 'a'}, {'name': 'a', 'user_id': 'u', 'id': 1}):
            self.assertRaises(TypeError, exception.KeypairNotFound, **fields)

    def test_novas_sentence_comes_first(self) -> None:
        # Dashboards and people look for these.
        for error, sentence in (
            (
                exception.QuotaExceeded(limit=3),
                'Quota exceeded, too many key pairs.',
            ),
            (
                exception.KeypairExists(name='k'),
                "Key pair 'k' already exists.",
            ),
            (
                exception.InvalidKey(reason='why'),
                'Keypair data is invalid: why',
            ),
            (
                exception.MarkerNotFound(marker='k'),
                'Marker k could not be found.',
            ),
            (
                exception.InvalidVersion(version='x'),
                'API Version String x is of invalid format. Must be of '
                'format MajorNum.MinorNum',
            ),
            (
                exception.ProjectMismatch(
                    project_id='a', context_project_id='b'
                ),
                "Malformed request URL: URL's project_id 'a' doesn't match "
                "Context's project_id 'b'",
            ),
            (
                exception.VersionNotSupported(
                    version='3.1', min_version='2.1', max_version='2.9'
                ),
                'Version 3.1 is not supported by the API. Minimum is 2.1 and '
                'maximum is 2.9.',
            ),
            (
                exception.PolicyNotAuthorized(action='a'),
                "Policy doesn't allow a to be performed.",
            ),
        ):
            self.assertTrue(str(error).startswith(sentence), str(error))

    def test_percent_signs_of_fields(self) -> None:
        error = exception.ConfigurationError(reason='100%s')
        self.assertEqual('100%s', str(error))

    def test_each_can_be_told(self) -> None:
        for name, found in inspect.getmembers(exception, inspect.isclass):
            with self.subTest(error=name):
                assert issubclass(found, exception.KeypairExtError)
                fields = re.findall(r'%\((\w+)\)', found.message)
                error = found(**dict.fromkeys(fields, 5))
                self.assertTrue(str(error))
                self.assertNotIn('%', str(error))
