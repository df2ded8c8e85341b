# SPDX-License-Identifier: Apache-2.0

"""What is sent of an answer."""

from keypair_ext.api.answer import Answer, serialize
from keypair_ext.tests import base


class AnswerTest(base.TestCase):
    def test_sent(self) -> None:
        answer = Answer(201, b'{}', 'x/y', [('A', 'b'), ('A', 'c')])
        for method, body in (('GET', [b'{}']), ('HEAD', [])):
            sent: list[object] = []
            told = answer(
                {'REQUEST_METHOD': method},
                lambda *start, to=sent: to.extend(start),
            )
            self.assertEqual(body, told)
            self.assertEqual(
                [
                    '201 Created',
                    [
                        ('Content-Length', '2'),
                        ('Content-Type', 'x/y'),
                        ('A', 'b'),
                        ('A', 'c'),
                    ],
                ],
                sent,
            )

    def test_json_is_ascii(self) -> None:
        for document, body in (
            ({'a': 1}, b'{"a":1}'),
            ({'\xe9': 1}, b'{"\\u00e9": 1}'),
        ):
            self.assertEqual(body, serialize(document))
