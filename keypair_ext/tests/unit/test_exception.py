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

    def test_missing_field(self) -> None:
        self.assertRaises(KeyError, exception.KeypairNotFound, name='a')

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

    def test_general_cases(self) -> None:
        for special, general in (
            (exception.InvalidKey, exception.InvalidInput),
            (exception.InvalidVersion, exception.InvalidInput),
            (exception.QuotaExceeded, exception.Forbidden),
            (exception.PolicyNotAuthorized, exception.Forbidden),
            (exception.KeypairNotFound, exception.NotFound),
            (exception.DatabaseUnavailable, exception.ServiceUnavailable),
        ):
            self.assertTrue(issubclass(special, general))
