# SPDX-License-Identifier: Apache-2.0

"""One table from errors to statuses, and the documents of faults."""

import inspect
from typing import Any

import fixtures
import webob

from keypair_ext import exception, profiles
from keypair_ext.api import faults
from keypair_ext.tests import base

UPSTREAM = profiles.load('nova').faults


class TableTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.telling = faults.Faults(UPSTREAM, 7).telling

    def test_errors(self) -> None:
        for error, status, name in (
            (exception.InvalidVersion, 400, 'badRequest'),
            (exception.MalformedBody, 400, 'badRequest'),
            (exception.MalformedQuery, 400, 'badRequest'),
            (exception.ProjectMismatch, 400, 'badRequest'),
            (exception.ValidationFailed, 400, 'badRequest'),
            (exception.InvalidKey, 400, 'badRequest'),
            (exception.MarkerNotFound, 400, 'badRequest'),
            (exception.NotAuthenticated, 401, 'unauthorized'),
            (exception.PolicyNotAuthorized, 403, 'forbidden'),
            (exception.QuotaExceeded, 403, 'forbidden'),
            (exception.KeypairNotFound, 404, 'itemNotFound'),
            (exception.MethodNotAllowed, 405, 'badMethod'),
            (exception.VersionNotSupported, 406, 'computeFault'),
            (exception.KeypairExists, 409, 'conflictingRequest'),
            (exception.BodyTooLarge, 413, 'overLimit'),
            (exception.UnsupportedContentType, 415, 'badMediaType'),
            (exception.DatabaseUnavailable, 503, 'serviceUnavailable'),
            (exception.PolicyUnavailable, 503, 'serviceUnavailable'),
            (exception.QuotaUnavailable, 503, 'serviceUnavailable'),
            # An operator's mistake does not come up in a request.
            (exception.ConfigurationError, 500, 'computeFault'),
            (ZeroDivisionError, 500, 'computeFault'),
        ):
            with self.subTest(error=error):
                retry_after = 7 if status == 503 else None
                self.assertEqual(
                    profiles.Fault(status, name, retry_after),
                    self.telling(error),
                )

    def test_every_error_is_in_it(self) -> None:
        of_operators = (
            exception.KeypairExtError,
            exception.ConfigurationError,
            exception.RowUnusable,
        )
        for _, error in inspect.getmembers(exception, inspect.isclass):
            if issubclass(error, exception.KeypairExtError):
                with self.subTest(error=error):
                    self.assertEqual(
                        error in of_operators,
                        self.telling(error).status == 500,
                    )


class FaultsTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger())

    def tell(
        self,
        error: Exception,
        departures: profiles.Faults = UPSTREAM,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> Any:
        answer = faults.Faults(departures, 7).answer(error, headers)
        return webob.Request.blank('/').get_response(answer)

    def test_document(self) -> None:
        response = self.tell(
            exception.KeypairExists(name='é'), headers=(('A', 'b'),)
        )

        self.assertEqual(409, response.status_int)
        self.assertEqual(
            {
                'conflictingRequest': {
                    'code': 409,
                    'message': "Key pair 'é' already exists.",
                }
            },
            response.json,
        )
        self.assertEqual(
            [
                ('A', 'b'),
                ('Content-Length', str(len(response.body))),
                ('Content-Type', 'application/json; charset=UTF-8'),
            ],
            sorted(response.headerlist),
        )

    def test_try_again(self) -> None:
        response = self.tell(exception.DatabaseUnavailable())
        self.assertEqual('7', response.headers['Retry-After'])

        response = self.tell(exception.BodyTooLarge(limit=1))
        self.assertNotIn('Retry-After', response.headers)

    def test_what_an_operator_has_to_mend(self) -> None:
        error = exception.RowUnusable(row='id 7', column='type')
        response = self.tell(error)

        self.assertEqual(
            {'code': 500, 'message': faults.UNEXPECTED},
            response.json['computeFault'],
        )
        self.assertEqual(f'{error}\n', self.log.output)

    def test_told_errors_are_not_logged(self) -> None:
        self.tell(exception.NotFound())
        self.assertEqual('', self.log.output)
