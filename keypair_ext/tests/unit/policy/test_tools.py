# SPDX-License-Identifier: Apache-2.0

"""What commands say of policy files: ours, and those of oslo.policy."""

import os
import subprocess
import sys

import fixtures

from keypair_ext import config_files
from keypair_ext.policy import rules, tools
from keypair_ext.tests.base import completed
from keypair_ext.tests.unit.policy.base import NOBODY, OTHERS, PolicyTestCase


class MistakesTest(PolicyTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.file.write_text('')

    def mistakes(self, text: str | None = None) -> list[str]:
        if text is not None:
            self.file.write_text(text)
        return tools.find_mistakes(self.configuration())

    def assert_told(self, text: str, *words: str) -> None:
        """Fail unless one sentence with these words is what is said."""
        (sentence,) = self.mistakes(text)
        self.assertRegex(sentence, r'^[^\n]*[.?]$')
        for word in (str(self.file), *words):
            self.assertIn(word, sentence)

    def test_none(self) -> None:
        for text in (
            OTHERS,
            NOBODY,
            '"keys": "role:keymaster"\n'
            f'"{rules.CREATE}": "rule:keys and not role:reader"\n',
            f'"{rules.CREATE}": ""\n"{rules.SHOW}": []\n',
            f'"{rules.CREATE}": "(! or role:a) and not (! or @)"',
            f'"{rules.CREATE}": [["!"], ["role:a", "role:b"]]',
            f'"default": "role:a"\n"{rules.CREATE}": "rule:of_the_default"\n',
            # What Nova's file may hold beside ours.
            '"os_compute_api:servers:index": "rule:project_reader_api"\n'
            '"os_compute_api:os-quota-sets:update": "rule:admin_api"\n'
            '"os_compute_api:os-quota-sets:delete": "rule:admin_api"\n'
            '"os_compute_api:os-quota-class-sets:show": "@"\n'
            '"os_compute_api:os-used-limits": "rule:admin_api"\n'
            '"os_compute_api:os-flavor-access": "rule:not_ours_to_tell"\n',
        ):
            with self.subTest(text=text):
                self.assertEqual([], self.mistakes(text))

    def test_circles(self) -> None:
        self.assert_told(
            '"a": "role:x or rule:b"\n"b": "not (role:y and rule:a)"\n',
            'circle',
            'a, b',
        )

    def test_rules_that_are_not_defined(self) -> None:
        self.assert_told(
            f'"{rules.INDEX}": "rule:project_raeder_api"\n',
            rules.INDEX,
            'project_raeder_api, which is not defined',
            'Did you mean project_reader_api?',
        )
        self.assert_told(
            f'"{rules.INDEX}": "rule:os_compute_api:servers:index"\n',
            'os_compute_api:servers:index, which is not defined',
        )

    def test_checks_that_cannot_be_read(self) -> None:
        for check in (
            '"role:a and"',
            '"role"',
            '"role:a or nonsense"',
            '"(role:a or !"',
            '"user_id:%(user_id)"',
            '{"a": 1}',
            '[["role:a", "nonsense"]]',
            '[["role:a", 5]]',
        ):
            with self.subTest(check=check):
                self.assert_told(
                    f'"os_compute_api:servers:index": {check}\n',
                    'os_compute_api:servers:index',
                    'cannot be read',
                )

    def test_checks_that_admit_everybody_by_mistake(self) -> None:
        for check in ('', 'null', 'false', '0', '{}'):
            with self.subTest(check=check):
                self.assert_told(
                    f'"{rules.DELETE}": {check}\n',
                    rules.DELETE,
                    'admits everybody',
                )

    def test_is_admin_of_neither_truth(self) -> None:
        for check in ('is_admin:yes', 'role:a or not (is_admin:1)'):
            with self.subTest(check=check):
                self.assert_told(
                    f'"{rules.DELETE}": "{check}"\n',
                    rules.DELETE,
                    'all but administrators',
                )

    def test_names_that_are_none(self) -> None:
        for name, meant in (
            ('os_compute_api:os-keypairs:idnex', rules.INDEX),
            ('os_compute_api:os-keypair:delete', rules.DELETE),
            ('os_compute_api:os_keypairs:show', rules.SHOW),
            ('OS_COMPUTE_API:os-keypairs:show', ''),
            ('os-keypairs:create', ''),
            ('os_compute_api:os-keypairs', ''),
            ('os_compute_api:os-keypairs:list', ''),
            ('compute:keypairs:index', ''),
            ('context_is_admn', 'context_is_admin'),
            ('admin_ap1', 'admin_api'),
            ('os_compute_api:os-quota-set:show', rules.QUOTA_SHOW),
            ('os_compute_api:limit', rules.LIMITS),
        ):
            with self.subTest(name=name):
                self.assert_told(
                    f'"{name}": "role:a"\n',
                    f'Rule {name} in',
                    f'Did you mean {meant}?' if meant else 'not a rule',
                )

    def test_files(self) -> None:
        self.assert_told('a: [', 'cannot be used')
        self.file.write_bytes(b'# fr\xfcher\n')
        (sentence,) = self.mistakes()
        self.assertIn('not UTF-8', sentence)

    def test_files_in_a_directory(self) -> None:
        part = self.directory / 'policy.d' / 'part.yaml'
        part.write_text(f'"{rules.DELETE}": "nonsense"\n')
        (sentence,) = self.mistakes()
        self.assertIn(f'{rules.DELETE} in {part} ', sentence)
        part.write_text('5')
        (sentence,) = self.mistakes()
        self.assertIn(f'{part} cannot be used', sentence)

    def test_files_that_are_named_and_not_there(self) -> None:
        self.file.unlink()
        (self.directory / 'policy.d').rmdir()
        file, directory = self.mistakes()
        self.assertIn(f'policy_file names {self.file}', file)
        self.assertIn(f'policy_dirs names {self.directory}/pol', directory)

    def test_files_that_nobody_names(self) -> None:
        (self.directory / 'policy.d').rmdir()
        self.file.unlink()
        path = self.directory / 'keypair_ext.conf'
        path.write_text('')
        self.assertEqual(
            [], tools.find_mistakes(config_files.parse([str(path)]))
        )


class ToolsTest(PolicyTestCase):
    """oslo.policy's commands, run in a directory that is not the service's."""

    def run_tool(
        self, name: str, *arguments: str
    ) -> subprocess.CompletedProcess[str]:
        program = os.path.join(os.path.dirname(sys.executable), name)
        return completed(
            [
                sys.executable,
                program,
                '--namespace',
                'keypair_ext',
                *arguments,
            ],
            cwd=self.useFixture(fixtures.TempDir()).path,
            env={'OS_KEYPAIR_EXT_CONFIG_DIR': str(self.directory)},
        )

    def test_find_the_file_of_the_service(self) -> None:
        # It is found beside this one.
        (self.directory / 'keypair_ext.conf').write_text('')
        self.file.write_text(NOBODY)
        told = self.run_tool('oslopolicy-policy-generator')
        self.assertIn(NOBODY.strip(), told.stdout)
        told = self.run_tool('oslopolicy-validator')
        self.assertEqual((0, ''), (told.returncode, told.stdout), told.stderr)

        check = '(rule:context_is_admin) or user_id:%(user_id)s'
        self.file.write_text(f'"{rules.SHOW}": "{check}"\n')
        told = self.run_tool('oslopolicy-list-redundant')
        self.assertEqual(f'"{rules.SHOW}": "{check}"\n', told.stdout)

        self.file.write_text('"os_compute_api:os-keypairs:idnex": "role:a"\n')
        told = self.run_tool('oslopolicy-validator')
        self.assertEqual(1, told.returncode)
        self.assertIn('os-keypairs:idnex', told.stdout)

    def test_find_the_file_of_the_configuration_they_are_given(self) -> None:
        self.configuration()
        self.file.write_text(NOBODY)
        config_file = self.directory / 'keypair_ext.conf'
        elsewhere = config_file.rename(self.directory / 'other.conf')
        told = self.run_tool(
            'oslopolicy-policy-generator', '--config-file', str(elsewhere)
        )
        self.assertIn(NOBODY.strip(), told.stdout)

    def test_without_any(self) -> None:
        told = self.run_tool('oslopolicy-policy-generator')
        self.assertEqual(0, told.returncode, told.stderr)

    def test_a_file_that_cannot_be_used(self) -> None:
        self.configuration()
        self.file.write_text('a: [')
        told = self.run_tool('oslopolicy-validator')
        self.assertEqual(1, told.returncode)
        (line,) = told.stderr.splitlines()
        self.assertIn(f'Policy file {self.file} cannot be used', line)
