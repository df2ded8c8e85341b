# SPDX-License-Identifier: Apache-2.0

"""All errors of ours are told to clients; how, is in the stories."""

import inspect

import fixtures
import webob

from keypair_ext import exception, profiles
from keypair_ext.api import faults
from keypair_ext.tests import base


class FaultsTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger())
        self.faults = faults.Faults(profiles.load('nova').faults, 7)

    def test_every_error_is_told(self) -> None:
        untold = (
            exception.KeypairExtError,
            exception.ConfigurationError,
            exception.RowUnusable,
            # Only where a profile says how.
            exception.MethodNotAllowed,
        )
        for _, error in inspect.getmembers(exception, inspect.isclass):
            if issubclass(error, exception.KeypairExtError):
                with self.subTest(error=error):
                    self.assertEqual(
                        error in untold,
                        self.faults.telling(error).status == 500,
                    )

    def test_what_an_operator_has_to_mend(self) -> None:
        error = exception.RowUnusable(row='id 7', column='type')
        response = webob.Request.blank('/').get_response(
            self.faults.answer(error)
        )

        self.assertEqual(
            {'code': 500, 'message': faults.UNEXPECTED},
            response.json['computeFault'],
        )
        self.assertEqual(f'{error}\n', self.log.output)

    def test_told_errors_are_not_logged(self) -> None:
        self.faults.answer(exception.NotFound())
        self.assertEqual('', self.log.output)
