# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


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
