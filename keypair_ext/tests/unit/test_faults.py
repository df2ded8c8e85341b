# SPDX-License-Identifier: Apache-2.0

"""One table from errors to statuses, and the documents of faults."""

import inspect
from typing import Any

import fixtures

from keypair_ext import exception, faults, profiles
from keypair_ext.tests import base

UPSTREAM = profiles.load('nova').faults


def each_error() -> list[type[exception.KeypairExtError]]:
    return [
        found
        for _, found in inspect.getmembers(exception, inspect.isclass)
        if issubclass(found, exception.KeypairExtError)
    ]


class StatusTest(base.TestCase):
    def test_table(self) -> None:
        for error, status in (
            (exception.InvalidVersion, 400),
            (exception.MalformedBody, 400),
            (exception.MalformedQuery, 400),
            (exception.ProjectMismatch, 400),
            (exception.ValidationFailed, 400),
            (exception.InvalidKey, 400),
            (exception.MarkerNotFound, 400),
            (exception.NotAuthenticated, 401),
            (exception.PolicyNotAuthorized, 403),
            (exception.QuotaExceeded, 403),
            (exception.KeypairNotFound, 404),
            (exception.MethodNotAllowed, 405),
            (exception.VersionNotSupported, 406),
            (exception.KeypairExists, 409),
            (exception.BodyTooLarge, 413),
            (exception.UnsupportedContentType, 415),
            (exception.DatabaseUnavailable, 503),
            (exception.PolicyUnavailable, 503),
            (exception.QuotaUnavailable, 503),
        ):
            with self.subTest(error=error):
                self.assertEqual(
                    status, faults.status_of(error.__new__(error))
                )

    def test_bugs(self) -> None:
        self.assertEqual(500, faults.status_of(ZeroDivisionError()))
        # An operator's mistake does not come up in a request.
        self.assertEqual(
            500, faults.status_of(exception.ConfigurationError(reason=''))
        )

    def test_every_error_is_in_it(self) -> None:
        bases = (exception.KeypairExtError, exception.ConfigurationError)
        for error in each_error():
            with self.subTest(error=error):
                status = faults.status_of(error.__new__(error))
                self.assertEqual(error in bases, status == 500)


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
        return faults.Faults(departures, 7).response(error, headers)

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

    def test_names(self) -> None:
        for error, name in (
            (exception.InvalidInput(reason=''), 'badRequest'),
            (exception.NotAuthenticated(), 'unauthorized'),
            (exception.Forbidden(), 'forbidden'),
            (exception.QuotaExceeded(limit=1), 'forbidden'),
            (exception.NotFound(), 'itemNotFound'),
            (exception.MethodNotAllowed(allowed=''), 'badMethod'),
            (
                exception.VersionNotSupported(
                    version='', min_version='', max_version=''
                ),
                'computeFault',
            ),
            (exception.BodyTooLarge(limit=1), 'overLimit'),
            (
                exception.UnsupportedContentType(content_type=''),
                'badMediaType',
            ),
            (exception.DatabaseUnavailable(), 'serviceUnavailable'),
        ):
            with self.subTest(error=error):
                self.assertEqual([name], list(self.tell(error).json))

    def test_try_again(self) -> None:
        response = self.tell(exception.DatabaseUnavailable())
        self.assertEqual('7', response.headers['Retry-After'])

        response = self.tell(exception.BodyTooLarge(limit=1))
        self.assertNotIn('Retry-After', response.headers)

    def test_bug(self) -> None:
        response = self.tell(ZeroDivisionError('a secret'))

        self.assertEqual(500, response.status_int)
        self.assertEqual(['computeFault'], list(response.json))
        self.assertNotIn('secret', response.text)
        self.assertIn('ZeroDivisionError', self.log.output)

    def test_told_errors_are_not_logged(self) -> None:
        self.tell(exception.NotFound())
        self.assertEqual('', self.log.output)

    def test_departures(self) -> None:
        departures = profiles.Faults(
            over_quota=profiles.Fault(413, 'overLimit', 3),
            wrong_method=profiles.Fault(405, 'wrongMethod'),
        )
        over_quota = self.tell(exception.QuotaExceeded(limit=1), departures)
        self.assertEqual(413, over_quota.status_int)
        self.assertEqual('3', over_quota.headers['Retry-After'])
        self.assertEqual('3', over_quota.json['overLimit']['retryAfter'])

        wrong_method = self.tell(
            exception.MethodNotAllowed(allowed='GET'), departures
        )
        self.assertEqual(['wrongMethod'], list(wrong_method.json))
        self.assertNotIn('Retry-After', wrong_method.headers)

        forbidden = self.tell(
            exception.PolicyNotAuthorized(action='x'), departures
        )
        self.assertEqual(403, forbidden.status_int)
