# SPDX-License-Identifier: Apache-2.0

"""Which version a request asks for, and which it gets."""

from microversion_parse import Version

from keypair_ext import exception
from keypair_ext.api import microversions
from keypair_ext.tests import base
from keypair_ext.tests.versions import NEWEST


class RequestedTest(base.TestCase):
    def test_headers(self) -> None:
        for standard, legacy, expected in (
            (None, None, None),
            ('compute 2.10', None, '2.10'),
            (None, '2.10', '2.10'),
            ('compute 2.10', '2.20', '2.10'),
            ('compute 2.10', 'bad', '2.10'),
            ('identity 3.1', '2.9', '2.9'),
            ('identity 3.1', None, None),
            ('identity 3.1, compute 2.5', None, '2.5'),
            ('compute 2.5,compute 2.7', None, '2.7'),
            (None, '2.5, 2.7', '2.7'),
            ('COMPUTE 2.10', None, '2.10'),
            ('compute latest', None, 'latest'),
            ('2.10', None, None),
            ('', None, None),
            ('compute', None, None),
            ('nova 2.7', None, None),
            ('compute   2.7', None, '2.7'),
            (None, '', ''),
        ):
            with self.subTest(standard=standard, legacy=legacy):
                environ = {
                    name: value
                    for name, value in (
                        ('HTTP_OPENSTACK_API_VERSION', standard),
                        ('HTTP_X_OPENSTACK_NOVA_API_VERSION', legacy),
                    )
                    if value is not None
                }
                self.assertEqual(expected, microversions.requested(environ))


class ParseTest(base.TestCase):
    def test_numbers(self) -> None:
        for text, version in (
            ('2.1', Version(2, 1)),
            ('2.0', Version(2, 0)),
            (NEWEST, microversions.MAX_VERSION),
            ('10.20', Version(10, 20)),
            ('2.1\n', Version(2, 1)),
            ('2.' + '9' * 30, Version(2, int('9' * 30))),
        ):
            with self.subTest(text=text):
                self.assertEqual(version, microversions.parse(text))

    def test_malformed(self) -> None:
        for text in (
            '',
            '2',
            '2.',
            '.1',
            '02.1',
            '2.01',
            '2.1.1',
            '-2.1',
            '2.-1',
            '2.1x',
            'x2.1',
            ' 2.1',
            '2.1 ',
            'latest',
            '2.\u0663',
            '2.' + '1' * 5000,
            '0.0',
        ):
            with self.subTest(text=text[:20]):
                error = self.assertRaises(
                    exception.InvalidVersion, microversions.parse, text
                )
                self.assertIn(text[:20], str(error))


class NegotiateTest(base.TestCase):
    max_version = Version(2, 50)

    def test_out_of_range(self) -> None:
        for text in ('2.0', '2.51', '1.1', '3.1'):
            with self.subTest(text=text):
                error = self.assertRaises(
                    exception.VersionNotSupported,
                    microversions.negotiate,
                    text,
                    self.max_version,
                )
                self.assertEqual(
                    f'Version {text} is not supported by the API. Minimum is '
                    f'2.1 and maximum is 2.50.',
                    str(error),
                )

    def test_words(self) -> None:
        for text in ('LATEST', 'newest', ''):
            with self.subTest(text=text):
                self.assertRaises(
                    exception.InvalidVersion,
                    microversions.negotiate,
                    text,
                    self.max_version,
                )
