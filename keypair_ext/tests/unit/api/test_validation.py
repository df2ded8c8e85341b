# SPDX-License-Identifier: Apache-2.0

"""What is accepted, held against jsonschema, and what a refusal says."""

import itertools
from typing import Any

import jsonschema

from keypair_ext import exception
from keypair_ext.api import schemas, validation
from keypair_ext.tests import base

SECRET = 'b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQ'


def body(**meaning: bool) -> schemas.Schema:
    """Return the schema of a create's body, the newest's where not said."""
    newest = {'with_type': True, 'with_user_id': True, 'key_required': True}
    return schemas.create(
        schemas.name(schemas.NAME_2_92), **{**newest, **meaning}
    )


def query() -> schemas.Schema:
    return schemas.query('user_id', 'limit', 'marker', strict=True)


def keypair(**fields: object) -> dict[str, object]:
    return {'keypair': {'name': 'a', 'public_key': 'k', **fields}}


class ValidatorTest(base.TestCase):
    def refusal(
        self,
        schema: schemas.Schema,
        document: object,
        noun: str = validation.BODY,
    ) -> str:
        error = self.assertRaises(
            exception.ValidationFailed,
            validation.Validator(schema, noun).validate,
            document,
        )
        # The cause would show what was sent.
        self.assertIsNone(error.__cause__)
        self.assertTrue(error.__suppress_context__)
        return str(error)

    def test_accepted(self) -> None:
        validator = validation.Validator(body(), validation.BODY)
        for document in (
            keypair(),
            keypair(name='a@b.c', type='x509', user_id=''),
            keypair(name='n' * 255),
            # Nova takes it, and drops the newline later.
            keypair(name='a\n'),
            keypair(public_key=''),
        ):
            with self.subTest(document=document):
                validator.validate(document)

    def test_refusals(self) -> None:
        for document, message in (
            (None, "the request body. It is not of type 'object'."),
            ([], "the request body. It is not of type 'object'."),
            ({}, "the request body. 'keypair' is a required property."),
            (
                {'keypair': 1},
                "field/attribute keypair. It is not of type 'object'.",
            ),
            (
                {'keypair': {}},
                "field/attribute keypair. 'name' is a required property, "
                "'public_key' is a required property.",
            ),
            (
                keypair(name=1),
                "field/attribute name. It is not of type 'string'.",
            ),
            (
                keypair(name=''),
                'field/attribute name. It is too short: it must not be empty.',
            ),
            (
                keypair(name='n' * 256),
                'field/attribute name. It is too long: 255 characters at '
                'most, not 256.',
            ),
            (
                keypair(type='dsa'),
                "field/attribute type. It is not one of ['ssh', 'x509'].",
            ),
            (
                keypair(colour=1, taste=2),
                'field/attribute keypair. Additional properties are not '
                "allowed ('colour', 'taste' were unexpected): "
                'known are name, public_key, type, user_id.',
            ),
            (
                keypair(**{SECRET: 1}),
                'field/attribute keypair. Additional properties are not '
                f'allowed (a name of {len(SECRET)} characters was '
                f'unexpected): known are name, public_key, type, user_id.',
            ),
            (
                {**keypair(), 'server': {}},
                'the request body. Additional properties are not allowed '
                "('server' was unexpected): known are keypair.",
            ),
        ):
            with self.subTest(document=document):
                self.assertEqual(
                    f'Invalid input for {message}',
                    self.refusal(body(), document),
                )

    def test_query(self) -> None:
        for document, message in (
            (
                {'limit': ['x']},
                "query parameters limit. It does not match '^[0-9]+$'.",
            ),
            (
                {'limit': ['']},
                'query parameters limit. It is too short: it must not '
                'be empty.',
            ),
            (
                {'limit': ['1', 'x']},
                "query parameters limit. It does not match '^[0-9]+$'.",
            ),
            (
                {'x': ['1']},
                "the query. Additional properties are not allowed ('x' was "
                'unexpected): known are user_id, limit, marker.',
            ),
        ):
            with self.subTest(document=document):
                self.assertEqual(
                    f'Invalid input for {message}',
                    self.refusal(query(), document, validation.QUERY),
                )

    def test_many_unknown(self) -> None:
        message = self.refusal(
            body(), keypair(**{f'x{number:02}': 1 for number in range(50)})
        )
        self.assertIn('x07', message)
        self.assertNotIn('x08', message)

    def test_another_keyword(self) -> None:
        schema = {'type': 'object', 'maxProperties': 1}
        self.assertEqual(
            'Invalid input for the request body. It breaks maxProperties.',
            self.refusal(schema, {'a': 1, 'b': 2}),
        )

    def test_values_are_not_repeated(self) -> None:
        for document in (
            keypair(name=SECRET * 20),
            keypair(name=f'/{SECRET}'),
            keypair(type=SECRET),
            keypair(public_key=[SECRET]),
            keypair(public_key={SECRET: SECRET}),
            keypair(more=SECRET),
            {SECRET: 1},
            [SECRET],
        ):
            with self.subTest(document=document):
                self.assertNotIn(SECRET, self.refusal(body(), document))


class AgreementTest(base.TestCase):
    """The schema alone means what the compiled validator does."""

    names = (
        'a',
        '',
        ' ',
        ' a',
        'a ',
        'a\n',
        'a\n\n',
        'a \n',
        '\n',
        'a\nb',
        'a@b.c',
        'a/b',
        'é',
        '\ud800',
        'n' * 255,
        'n' * 256,
        5,
        True,
        None,
        ['a'],
    )
    keys: tuple[object, ...] = ('k', '', None, 5, [])
    extras: tuple[dict[str, Any], ...] = (
        {},
        {'type': 'ssh'},
        {'type': 'dsa'},
        {'type': None},
        {'user_id': ''},
        {'user_id': 5},
        {'more': 1},
    )

    def documents(self) -> list[object]:
        made: list[object] = [
            {'keypair': {'name': name, 'public_key': key, **extra}}
            for name, key, extra in itertools.product(
                self.names, self.keys, self.extras
            )
        ]
        made += [{'keypair': {'name': name}} for name in self.names]
        return [*made, {}, [], None, 1, 'x', {'keypair': None}]

    def schemas(self) -> list[schemas.Schema]:
        booleans = (False, True)
        return [
            schemas.create(
                name,
                with_type=with_type,
                with_user_id=with_type,
                key_required=key_required,
                strict=strict,
            )
            for name in (
                schemas.name(schemas.NAME),
                schemas.name(schemas.NAME_2_92),
                schemas.name(schemas.LEGACY_NAME),
            )
            for with_type in booleans
            for key_required in booleans
            for strict in booleans
        ]

    def test_create(self) -> None:
        documents = self.documents()
        for schema in self.schemas():
            validator = validation.Validator(schema, 'field')
            judge = jsonschema.Draft202012Validator(schema)
            for document in documents:
                refusal = self.refusal(validator, document)
                # The names of /v2 are judged by code, which the schema only
                # names.
                if 'printable' not in str(refusal):
                    self.assertEqual(
                        judge.is_valid(document),
                        refusal is None,
                        repr(document),
                    )

    def refusal(
        self, validator: validation.Validator, document: object
    ) -> str | None:
        try:
            validator.validate(document)
        except exception.ValidationFailed as error:
            return str(error)
        return None

    def test_schemas_are_schemas(self) -> None:
        for schema in [*self.schemas(), query()]:
            jsonschema.Draft202012Validator.check_schema(schema)


class LegacyNameTest(base.TestCase):
    def valid(self, name: object) -> bool:
        validator = validation.Validator(
            {
                'type': 'object',
                'properties': {'name': schemas.name(schemas.LEGACY_NAME)},
            },
            'field',
        )
        try:
            validator.validate({'name': name})
        except exception.ValidationFailed:
            return False
        return True

    def test_valid(self) -> None:
        for name in (
            'a',
            ' a ',
            'a/b',
            'é',
            '日本',
            'a\xa0b',
            '!',
            'a\n',
            '\ufffd',
            '. .',
        ):
            with self.subTest(name=name):
                self.assertTrue(self.valid(name))

    def test_invalid(self) -> None:
        for name in (
            '',
            ' ',
            '\n',
            '\xa0\u3000',
            'a\tb',
            'a\nb',
            'a\0',
            'a\x7f',
            'a\u200b',
            'a\u2028b',
            'a\u2029b',
            '\ud800',
            '\U0001f600',
            '\uffff',
            'n' * 256,
            5,
        ):
            with self.subTest(name=name):
                self.assertFalse(self.valid(name))
