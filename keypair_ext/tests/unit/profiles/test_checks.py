# SPDX-License-Identifier: Apache-2.0

"""What is said of a document that is not valid."""

import fixtures
import jsonschema

from keypair_ext import profiles
from keypair_ext.profiles import checks
from keypair_ext.tests import base

HEAD = 'name = "acme"\nsummary = "Acme Cloud."\n'

# (what stands below the head, the complaints); $ stands for the table.
INVALID = (
    ('nmae = "x"', ['nmae: unknown key; known are schema, name, summary']),
    ('[authority]\nadmin = true', ['authority: unknown key']),
    ('[quota]\nkey_pairs = -1', ['quota: unknown key']),
    ('[database]\nconnection = ""', ['database: unknown key']),
    ('[logging]\ndebug = true', ['logging: unknown key']),
    ('[keys]\nmax_byte = 1', ['keys.max_byte: unknown key; known are max_b']),
    ('schema = 2', ['schema: it must be 1']),
    ('schema = true', ['schema: it must be 1']),
    ('versions = "2.72"', ['versions: it must be a table']),
    ('[versions]\nmax = 2.72', ['versions.max: it must be a string, in quot']),
    ('[versions]\nmax = "2.0"', ["versions.max: '2.0' is not a microversion"]),
    ('[versions]\nmax = "latest"', ["versions.max: 'latest' is not a microv"]),
    ('[versions]\nmax = "2.1\\n"', [r"versions.max: '2.1\n' is not a microv"]),
    (
        '[versions]\nnegotiated = "no"',
        ['versions.negotiated: it must be true'],
    ),
    (
        '[versions]\nnegotiated = false\nmax = "2.72"',
        ['versions.max: it has no meaning with this versions.negotiated'],
    ),
    (
        '[versions]\nbehaves_as = "2.72"',
        ['versions.behaves_as: it has no meaning with this versions.negot'],
    ),
    ('[statuses]\nimported = 204', ['statuses.imported: it must be one of 2']),
    ('[statuses]\nimported = 200.0', ['statuses.imported: it must be one']),
    ('[statuses]\nlisted = 404', ['statuses.listed: it must be one of 200']),
    ('[statuses]\ndeleted = 201', ['statuses.deleted: it must be one of 200']),
    (
        '[answers]\ntype = "no"',
        ['answers.type: it must be one of versioned, '],
    ),
    ('[names]\nmin_length = 0', ['names.min_length: it must be 1 or more']),
    (
        '[names]\nmax_length = 256',
        ['names.max_length: it must be 255 or less'],
    ),
    (
        '[names]\nmax_length = true',
        ['names.max_length: it must be a whole nu'],
    ),
    (
        '[names]\nmin_length = 9\nmax_length = 8',
        ['names.min_length: it must not be more than names.max_length, 8'],
    ),
    (
        '[names]\ncharacters = "a-z"',
        ["names.characters: 'a-z' is not a class"],
    ),
    ('[names]\ncharacters = "[^a]"', ["names.characters: '[^a]' is not a cl"]),
    ('[names]\ncharacters = "[a--]"', ["names.characters: '[a--]' is not a"]),
    ('[names]\ncharacters = "[z-a]"', ['names.characters: it is not a regul']),
    (
        '[names]\ncharacters = "[ -~]"',
        ["names.characters: it allows '/', which no name can hold"],
    ),
    (
        '[names]\ncharacters = "[+-9]"',
        ["names.characters: it allows '/', which no name can hold"],
    ),
    (
        '[names]\ncharacters = "[a\\t]"',
        [r"names.characters: it allows '\t', which no name can hold"],
    ),
    (
        '[names]\ncharacters = "[a-\U0010ffff]"',
        [r"names.characters: it allows '\x7f', which no name can hold"],
    ),
    ('[keys]\nmax_bytes = 0', ['keys.max_bytes: it must be 1 or more']),
    ('[keys]\nmax_bytes = 1e3', ['keys.max_bytes: it must be a whole numb']),
    ('[keys]\ndefault_comment = ""', ['keys.default_comment: it must not be']),
    ('[keys]\ngenerated_comment = " a"', ["keys.generated_comment: ' a' is "]),
    ('[keys]\ngenerated_comment = "é"', ["keys.generated_comment: 'é' is no"]),
    (
        '[keys]\ngenerated_comment = "a\\nssh-rsa AAAA"',
        ['keys.generated_comment: '],
    ),
    (
        '[keys]\ngenerated_comment = "a\\n\\n"',
        ['keys.generated_comment: '],
    ),
    (
        '[faults.over_quota]\nstatus = 500',
        [
            'faults.over_quota.name: missing',
            'faults.over_quota.status: it must be 499 or less',
        ],
    ),
    (
        '[faults.over_quota]\nstatus = 413\nname = "over limit"',
        ["faults.over_quota.name: 'over limit' is not a fault name of"],
    ),
    (
        '[faults.not_found]\nstatus = 404\nname = "x"',
        ['faults.not_found: unknown key; known are over_quota, wrong_me'],
    ),
    (
        '[names]\nmin_length = "1"\n[keys]\nmax_bytes = 0\n[more]',
        [
            'keys.max_bytes: it must be 1 or more',
            'more: unknown key',
            'names.min_length: it must be a whole number',
        ],
    ),
)

VALID = (
    'schema = 1',
    '[versions]\nnegotiated = false\nbehaves_as = "2.35"',
    '[versions]\nnegotiated = true\nmax = "2.35"',
    '[names]\ncharacters = "[a-zé .@-]"\nmin_length = 3\nmax_length = 3',
    '[keys]\ngenerated_comment = ""',
    '[keys]\ngenerated_comment = "made by us\\n"\ndefault_comment = "x"',
    '[faults.wrong_method]\nstatus = 404\nname = "itemNotFound"',
)


class TestProblems(base.TestCase):
    def problems(self, text: str) -> list[str]:
        return checks.problems(checks.parse(text), profiles.schema())

    def test_invalid(self) -> None:
        for text, wanted in INVALID:
            found = self.problems(HEAD + text)
            self.assertEqual(len(wanted), len(found), f'{text}: {found}')
            for begin, complaint in zip(wanted, found, strict=True):
                self.assertEqual(begin, complaint[: len(begin)])

    def test_valid(self) -> None:
        for text in VALID:
            self.assertEqual([], self.problems(HEAD + text))

    def test_empty(self) -> None:
        self.assertEqual(
            ['name: missing', 'summary: missing'], self.problems('')
        )

    def test_name(self) -> None:
        for name in ('', 'Acme', '2acme', 'acme cloud', 'a' * 65, r'acme\n'):
            found = self.problems(f'name = "{name}"\nsummary = "Acme Cloud."')
            self.assertEqual(1, len(found))
            self.assertIn('is not a name of small letters', found[0])

    def test_all_complaints_are_one_sentence(self) -> None:
        path = self.useFixture(fixtures.TempDir()).join('acme.toml')
        with open(path, 'w') as stream:
            stream.write('name = "acme"\n[keys]\nmax_bytes = 0\n')
        self.assertEqual(
            f'Profile file:{path} is not valid: keys.max_bytes: it must be '
            f'1 or more; summary: missing.',
            self.mistake(profiles.load, f'file:{path}'),
        )


class TestSchema(base.TestCase):
    def test_is_a_schema(self) -> None:
        jsonschema.Draft202012Validator.check_schema(profiles.schema())

    def test_has_every_setting_and_no_other(self) -> None:
        tables = {
            f'{table}.{key}': setting
            for table, schema in profiles.schema()['properties'].items()
            if schema.get('type') == 'object'
            for key, setting in schema['properties'].items()
        }
        upstream = profiles.Profile('', '').settings()
        self.assertEqual(list(upstream), list(tables))
        for key, setting in tables.items():
            self.assertEqual(upstream[key], setting.get('default'), key)

    def test_explains_what_it_refuses(self) -> None:
        """A complaint about a pattern is the description."""

        def walk(schema: object) -> None:
            if isinstance(schema, dict):
                if isinstance(schema.get('pattern'), str):
                    self.assertIn('description', schema)
                for part in schema.values():
                    walk(part)

        walk(profiles.schema())
