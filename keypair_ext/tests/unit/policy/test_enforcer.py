# SPDX-License-Identifier: Apache-2.0

"""Who may do what, and what happens when the operator's files change."""

import locale
import os
import sys
import types
from collections.abc import Callable
from concurrent import futures
from typing import Any
from unittest import mock

from oslo_context import context as oslo_context
from oslo_policy import policy as oslo_policy

from keypair_ext import exception
from keypair_ext.policy import enforcer as enforcer_module, files, rules
from keypair_ext.policy.enforcer import Enforcer
from keypair_ext.tests.unit.policy.base import (
    NOBODY,
    OTHERS,
    NovaContext,
    PolicyTestCase,
    context,
)


class DecisionsTest(PolicyTestCase):
    def test_no_context_of_ours_is_left_to_the_log(self) -> None:
        def current() -> Any:
            self.enforcer()
            return oslo_context.get_current()

        # A thread of its own has none at first.
        with futures.ThreadPoolExecutor() as threads:
            self.assertIsNone(threads.submit(current).result())

    def test_every_value_of_a_context_is_tried(self) -> None:
        # A check of what the context has not is False, without an error.
        for name in context().to_policy_values():
            self.file.write_text(f'"{rules.INDEX}": "{name}.x.y:z"\n')
            if name not in ('service_roles',):
                self.assertRaises(exception.ConfigurationError, self.enforcer)

    def test_scope_not_enforced(self) -> None:
        configuration = self.configuration(enforce_scope=False)
        enforcer = Enforcer(configuration)
        if 'enforce_scope' not in configuration.oslo_policy:
            self.skipTest('this oslo.policy always enforces the scope')
        caller = context('admin', project_id=None, system_scope='all')
        self.assertTrue(self.allowed(enforcer, caller, 'x'))

    def test_new_defaults(self) -> None:
        for enforced in (True, False):
            with self.subTest(enforce_new_defaults=enforced):
                enforcer = self.enforcer(enforce_new_defaults=enforced)
                # The deprecated rule asks for the project alone.
                self.assertEqual(
                    not enforced,
                    self.allowed(
                        enforcer,
                        context('member'),
                        rule=rules.QUOTA_SHOW,
                        project_id='p',
                    ),
                )


class AdministratorsTest(PolicyTestCase):
    by_is_admin = '"os_compute_api:os-keypairs:index": "is_admin:True"\n'

    def test_by_another_rule(self) -> None:
        self.file.write_text(
            f'{self.by_is_admin}"context_is_admin": "user_id:boss"\n'
        )
        enforcer = self.enforcer()

        self.assertTrue(self.allowed(enforcer, context(user_id='boss'), 'x'))
        self.assertFalse(self.allowed(enforcer, context('admin'), 'x'))

    def test_base_rules_of_an_operators_file(self) -> None:
        for rule, roles, expected in (
            ('rule:admin_api', ('admin',), True),
            ('rule:admin_api', ('member',), False),
            ('rule:project_reader_or_admin', ('admin',), True),
            ('rule:project_member_or_admin', ('admin',), True),
            ('rule:project_manager_or_admin', ('manager',), False),
            ('rule:service_api', ('service',), True),
        ):
            with self.subTest(rule=rule, roles=roles):
                self.file.write_text(
                    f'"os_compute_api:os-keypairs:index": "{rule}"\n'
                )
                self.assertEqual(
                    expected,
                    self.allowed(self.enforcer(), context(*roles), 'x'),
                )

    def test_nova_has_decided(self) -> None:
        self.file.write_text(self.by_is_admin)
        enforcer = self.enforcer()
        for is_admin in (True, False):
            for roles in (('admin',), ('member',)):
                with self.subTest(is_admin=is_admin, roles=roles):
                    caller = context(
                        *roles, kind=NovaContext, is_admin=is_admin
                    )
                    self.assertEqual(
                        is_admin, self.allowed(enforcer, caller, 'x')
                    )

    def test_told_to_a_context_that_leaves_it_open(self) -> None:
        enforcer = self.enforcer()
        for roles, expected in ((('admin',), True), (('member',), False)):
            # The second time it is remembered.
            for _ in range(2):
                for user_id in ('u', 'x'):
                    with self.subTest(roles=roles, user_id=user_id):
                        caller = context(*roles)
                        self.allowed(enforcer, caller, user_id)
                        self.assertIs(expected, caller.is_admin)

    def test_not_told_to_one_that_has_decided(self) -> None:
        caller = context('admin', is_admin=False)
        self.allowed(self.enforcer(), caller)
        self.assertIs(False, caller.is_admin)

    def test_in_any_case_as_in_nova(self) -> None:
        for text, admin, others in (
            ('is_admin:True', True, False),
            ('is_admin:true', True, False),
            ('is_admin:TRUE', True, False),
            ('not is_admin:true', False, True),
            ('is_admin:false', False, True),
            ('is_admin:False', False, True),
            # Nova takes all else for False.
            ('is_admin:yes', False, True),
            ('role:nobody or (role:reader and is_admin:true)', True, False),
            ([['role:nobody'], ['is_admin:true']], True, False),
            ('rule:administrators', True, False),
        ):
            with self.subTest(check=text):
                self.file.write_text(
                    f'"{rules.INDEX}": {text!r}\n'
                    f'"administrators": "is_admin:true"\n'
                )
                enforcer = self.enforcer()
                for kind in (oslo_context.RequestContext, NovaContext):
                    for roles, expected in (
                        (('admin', 'reader'), admin),
                        (('reader',), others),
                    ):
                        caller = context(
                            *roles, kind=kind, is_admin='admin' in roles
                        )
                        self.assertEqual(
                            expected, self.allowed(enforcer, caller, 'x')
                        )


class FilesTest(PolicyTestCase):
    def test_none(self) -> None:
        self.assertFalse(self.allowed(self.enforcer(), context(), 'x'))

    def test_at_load(self) -> None:
        self.file.write_text(OTHERS)
        self.assertTrue(self.allowed(self.enforcer(), context(), 'x'))

    def test_changes(self) -> None:
        enforcer = self.enforcer()
        steps: tuple[tuple[Callable[[], object], bool, bool], ...] = (
            (lambda: self.file.write_text(OTHERS), True, True),
            (lambda: self.file.write_text(NOBODY), False, False),
            (lambda: self.file.write_text(''), True, False),
            (lambda: self.file.write_text(f'{NOBODY} '), False, False),
            (self.file.unlink, True, False),
        )
        for change, own, others in steps:
            change()
            for _ in range(2):
                self.assertEqual(
                    (own, others),
                    (
                        self.allowed(enforcer, context(), 'u'),
                        self.allowed(enforcer, context(), 'x'),
                    ),
                )

    def test_replaced(self) -> None:
        # As configuration management does it: same size, same second.
        self.file.write_text(OTHERS)
        enforcer = self.enforcer()
        self.assertTrue(self.allowed(enforcer, context(), 'x'))

        new = self.directory / 'new'
        new.write_text(NOBODY)
        new.rename(self.file)

        self.assertFalse(self.allowed(enforcer, context(), 'x'))

    def test_replaced_with_its_old_time(self) -> None:
        self.file.write_text(OTHERS)
        enforcer = self.enforcer()
        before = self.file.stat()

        self.file.write_text(NOBODY)
        os.utime(self.file, ns=(before.st_atime_ns, before.st_mtime_ns))

        self.assertFalse(self.allowed(enforcer, context(), 'x'))

    def test_directories(self) -> None:
        enforcer = self.enforcer()
        part = self.directory / 'policy.d' / 'part.yaml'

        part.write_text(OTHERS)
        self.assertTrue(self.allowed(enforcer, context(), 'x'))
        part.write_text(NOBODY)
        self.assertFalse(self.allowed(enforcer, context(), 'u'))
        part.unlink()
        self.assertTrue(self.allowed(enforcer, context(), 'u'))
        self.assertIn(
            f'\nPolicy file {part} has gone: its rules count no longer.\n',
            self.log.output,
        )

    def test_files_that_are_there_are_looked_at_each_time(self) -> None:
        self.file.write_text(OTHERS)
        # This one looks for new files once in a while only.
        enforcer = Enforcer(self.configuration(), search_interval=9e9)
        self.assertTrue(self.allowed(enforcer, context(), 'x'))

        self.file.write_text(NOBODY)

        self.assertFalse(self.allowed(enforcer, context(), 'x'))

    def test_read_as_utf_8_whatever_the_locale(self) -> None:
        self.file.write_text(f'# né\n{OTHERS}', encoding='utf-8')
        before = locale.setlocale(locale.LC_CTYPE)
        self.addCleanup(locale.setlocale, locale.LC_CTYPE, before)
        locale.setlocale(locale.LC_CTYPE, 'C')
        self.assertTrue(self.allowed(self.enforcer(), context(), 'x'))

    def test_byte_order_mark(self) -> None:
        self.file.write_text(OTHERS, encoding='utf-8-sig')
        self.assertTrue(self.allowed(self.enforcer(), context(), 'x'))

    def test_as_oslo_policy_reads_them(self) -> None:
        part = self.directory / 'policy.d' / 'part.yaml'
        (part.parent / '.hidden.yaml').write_text(NOBODY)
        (part.parent / 'directory.yaml').mkdir()
        for texts in (
            ('', ''),
            (OTHERS, NOBODY),
            (OTHERS, '"os_compute_api:os-keypairs:show": "role:b"'),
            ('"context_is_admin": "role:boss"', ''),
            # The old name of a rule of ours.
            ('"os_compute_api:os-used-limits": "role:a"', ''),
            ('"os_compute_api:os-used-limits": "rule:admin_api"', ''),
            (
                f'"os_compute_api:os-used-limits": "role:a"\n'
                f'"{rules.LIMITS_OTHER_PROJECT}": "role:b"',
                '',
            ),
            (
                f'"os_compute_api:os-used-limits":'
                f' "rule:{rules.LIMITS_OTHER_PROJECT}"',
                '',
            ),
            ('"default": "@"', '"other": [["role:a", "role:b"], ["!"]]'),
        ):
            self.file.write_text(texts[0])
            part.write_text(texts[1])
            for new in (True, False):
                with self.subTest(texts=texts, enforce_new_defaults=new):
                    configuration = self.configuration(
                        enforce_new_defaults=new
                    )
                    theirs = oslo_policy.Enforcer(configuration)
                    theirs.suppress_deprecation_warnings = True
                    theirs.register_defaults(rules.list_rules())
                    theirs.load_rules()
                    ours = enforcer_module.RulesInForce(
                        configuration, files.PolicyFiles(configuration)
                    )
                    self.assertEqual(
                        {n: str(c) for n, c in theirs.rules.items()},
                        {n: str(c) for n, c in ours.enforcer.rules.items()},
                    )


class BrokenFilesTest(PolicyTestCase):
    contents = (
        '"a": "role:b',
        '[]: {',
        'just a text',
        '- a\n- list\n',
        '5',
        '"os_compute_api:os-keypairs:index": 5\n',
        '"os_compute_api:os-keypairs:index": true\n',
        '2026-13-01',
        '[' * 5000,
        # Errors of each request that asks for the rule.
        '"os_compute_api:os-keypairs:index": "rule:a"\n"a": "not rule:b"\n'
        '"b": "role:x or (role:y and rule:a)"\n',
        '"context_is_admin": "rule:context_is_admin"\n',
        '"default": "rule:nowhere"\n'
        '"os_compute_api:os-keypairs:index": "rule:default"\n',
        '"os_compute_api:os-keypairs:index": "user_id:%(user_id)d"\n',
        '"os_compute_api:os-keypairs:index": "role:100%"\n',
        '"os_compute_api:os-keypairs:index": "user_id.name:x"\n',
        '"os_compute_api:os-keypairs:index": ":admin"\n',
    )

    def test_at_load(self) -> None:
        for content in self.contents:
            with self.subTest(content=content):
                self.file.write_text(content)
                self.assertIn(str(self.file), self.mistake(self.enforcer))

    def test_later(self) -> None:
        for content in self.contents:
            with self.subTest(content=content):
                self.file.write_text(OTHERS)
                enforcer = self.enforcer()
                self.file.write_text(content)
                for _ in range(2):
                    self.assertRaises(
                        exception.PolicyUnavailable,
                        self.allowed,
                        enforcer,
                        context('admin'),
                    )
                self.assertIn('All requests are refused', self.log.output)

                self.file.write_text(NOBODY)

                self.assertFalse(self.allowed(enforcer, context('admin')))

    def test_in_a_directory(self) -> None:
        enforcer = self.enforcer()
        part = self.directory / 'policy.d' / 'part.yaml'
        part.write_text(self.contents[0])

        self.assertRaises(
            exception.PolicyUnavailable, self.allowed, enforcer, context()
        )
        self.assertIn(f'{part} cannot be used', self.log.output)
        part.unlink()
        self.assertTrue(self.allowed(enforcer, context()))

    def test_a_rule_that_is_none(self) -> None:
        # oslo.policy refuses what a check string that it cannot read is for.
        for value in ('"no check at all"', '{"a": 1}'):
            with self.subTest(value=value):
                self.file.write_text(f'"{rules.INDEX}": {value}\n')
                enforcer = self.enforcer()

                self.assertFalse(self.allowed(enforcer, context('admin')))
                self.assertTrue(
                    self.allowed(enforcer, context('admin'), rule=rules.SHOW)
                )

    def test_a_directory_in_the_place_of_a_file_and_the_other_way(
        self,
    ) -> None:
        self.file.mkdir()
        self.assertIn(
            f'{self.file} cannot be used: Is a dir',
            self.mistake(self.enforcer),
        )
        self.file.rmdir()
        place = self.directory / 'policy.d'
        place.rmdir()
        place.write_text('')
        self.assertIn(
            f'{place} cannot be used: Not a dir', self.mistake(self.enforcer)
        )

    def test_a_file_that_may_be_read_again(self) -> None:
        if os.geteuid() == 0:
            self.skipTest('root may read everything')
        self.file.write_text(OTHERS)
        enforcer = self.enforcer()
        self.file.chmod(0)
        self.assertRaises(
            exception.PolicyUnavailable, self.allowed, enforcer, context()
        )
        self.file.chmod(0o600)
        self.assertTrue(self.allowed(enforcer, context()))

    def test_links_that_lead_nowhere(self) -> None:
        enforcer = self.enforcer()
        part = self.directory / 'policy.d' / 'part.yaml'
        for target in ('nowhere', part.name):
            part.symlink_to(target)
            with self.subTest(target=target):
                error = self.assertRaises(
                    exception.ConfigurationError, self.enforcer
                )
                self.assertIn(f'{part} cannot be used', str(error))
                self.assertRaises(
                    exception.PolicyUnavailable,
                    self.allowed,
                    enforcer,
                    context(),
                )
            part.unlink()
            self.assertTrue(self.allowed(enforcer, context()))

    def test_a_file_that_cannot_be_reached_any_more(self) -> None:
        self.file.write_text(NOBODY)
        enforcer = self.enforcer()
        self.file.unlink()
        # As if the directory of it could not be entered.
        self.file.symlink_to(self.file.name)
        self.assertRaises(
            exception.PolicyUnavailable, self.allowed, enforcer, context()
        )
        self.file.unlink()
        self.assertTrue(self.allowed(enforcer, context()))
        self.file.write_text(NOBODY)
        self.assertFalse(self.allowed(enforcer, context()))

    def test_mistakes_in_what_key_pairs_do_not_need(self) -> None:
        # Nova starts with them, and answers what does not ask for them.
        self.file.write_text(
            f'"os_compute_api:servers:index": "rule:a"\n"a": "rule:a"\n'
            f'"{rules.QUOTA_SHOW}": "rule:a"\n'
            f'"{rules.QUOTA_DETAIL}": "user_id:%(user_id)d"'
        )
        enforcer = self.enforcer()
        self.assertTrue(self.allowed(enforcer, context()))
        for rule in rules.QUOTA_SHOW, rules.QUOTA_DETAIL:
            self.assertRaises(
                exception.PolicyUnavailable,
                self.allowed,
                enforcer,
                context(),
                rule=rule,
            )

    def test_rules_that_are_not_defined(self) -> None:
        self.file.write_text(
            f'"{rules.INDEX}": "rule:not_there or role:member"\n'
        )
        enforcer = self.enforcer()
        self.assertIn('rule not_there, which is not defined', self.log.output)
        self.assertTrue(self.allowed(enforcer, context('member')))
        self.assertFalse(self.allowed(enforcer, context('admin')))

    def test_rules_of_the_nova_in_this_process(self) -> None:
        nova = types.ModuleType('nova.policies')
        nova.list_rules = lambda: [  # type: ignore[attr-defined]
            oslo_policy.RuleDefault(rules.SHOW, 'role:novas'),
            oslo_policy.RuleDefault('os_compute_api:servers:index', '@'),
        ]
        self.file.write_text(
            f'"{rules.INDEX}": "rule:os_compute_api:servers:index"\n'
        )
        self.assertFalse(self.allowed(self.enforcer(), context()))
        with mock.patch.dict(sys.modules, {'nova.policies': nova}):
            enforcer = self.enforcer()
        self.assertTrue(self.allowed(enforcer, context()))
        # Of what both have theirs counts, whatever release it is of.
        self.assertFalse(self.allowed(enforcer, context(), rule=rules.SHOW))
