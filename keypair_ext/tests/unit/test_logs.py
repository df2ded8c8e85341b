# SPDX-License-Identifier: Apache-2.0

"""The service's logging is set up, or refused in one sentence."""

import errno
import importlib.util
import logging
import sys
import unittest
from unittest import mock

from oslo_context import context
from oslo_log import formatters

from keypair_ext import logs
from keypair_ext.middleware import request_log
from keypair_ext.tests import base
from keypair_ext.tests.unit.middleware.test_request_log_lines import (
    configuration,
)


class SetUpTest(base.TestCase):
    """What replaces oslo.log's formatter, and what does not."""

    def setUp(self) -> None:
        super().setUp()
        root = logging.getLogger()
        kept = root.handlers[:], root.level
        self.addCleanup(root.setLevel, kept[1])
        hook = sys.excepthook
        self.addCleanup(setattr, sys, 'excepthook', hook)
        self.addCleanup(setattr, root, 'handlers', kept[0])
        self.loses = logging.getLogger('oslo_messaging.notify.messaging')
        self.addCleanup(self.loses.removeFilter, logs.warn_in_one_line)

    def formatters(self, **options: object) -> list[type]:
        logs.set_up(configuration(**options))
        handlers = logging.getLogger().handlers
        for handler in handlers:
            self.addCleanup(handler.close)
        return [type(handler.formatter) for handler in handlers]

    def test_usual(self) -> None:
        self.assertEqual(
            [request_log.RequestLineFormatter],
            self.formatters(log_file=str(self.directory / 'log')),
        )

    def test_json(self) -> None:
        self.assertEqual(
            [formatters.JSONFormatter],
            self.formatters(
                log_file=str(self.directory / 'log'), use_json=True
            ),
        )

    def refusal(self, **options: object) -> str:
        return self.mistake(self.formatters, **options)

    def test_files_that_cannot_be(self) -> None:
        missing = str(self.directory / 'missing' / 'log')
        latin = self.directory / 'latin.conf'
        latin.write_bytes(b'# caf\xe9\n')
        for options in (
            {'log_file': missing},
            {'log_file': str(self.directory)},
            {'log_config_append': missing},
            {'log_config_append': str(latin)},
            {'log_config_append': __file__},
        ):
            with self.subTest(options=options):
                (path,) = options.values()
                self.assertIn(path, self.refusal(**options))

    def test_formats_that_cannot_be(self) -> None:
        for option in (
            'logging_default_format_string',
            'logging_context_format_string',
            'logging_user_identity_format',
            'logging_debug_format_suffix',
            'logging_exception_prefix',
        ):
            for value in ('%(nosuch)s', '%(message)q', '%'):
                if 'identity' in option and 'nosuch' in value:
                    # oslo.log writes a dash for a field that it lacks.
                    continue
                with self.subTest(option=option, value=value):
                    self.assertIn(option, self.refusal(**{option: value}))

    def test_levels_that_cannot_be(self) -> None:
        for pair in ('foo', 'foo=', 'foo=info', 'foo=-1'):
            with self.subTest(pair=pair):
                told = self.refusal(default_log_levels=[pair])
                self.assertIn(f'default_log_levels has {pair!r}', told)
        self.formatters(default_log_levels=['foo=INFO', 'bar=5'])

    def test_facilities_that_cannot_be(self) -> None:
        self.assertIn(
            'syslog facility',
            self.refusal(use_syslog=True, syslog_log_facility='nosuch'),
        )

    @unittest.skipIf(importlib.util.find_spec('systemd'), 'systemd is there')
    def test_a_journal_without_its_library(self) -> None:
        self.assertIn('systemd-python', self.refusal(use_journal=True))

    def test_notifications_that_are_lost_are_told_in_a_line(self) -> None:
        for _ in range(2):
            self.formatters()
        self.assertEqual(1, self.loses.filters.count(logs.warn_in_one_line))

    def test_lines_that_are_lost_are_told_in_a_line(self) -> None:
        self.formatters(log_file=str(self.directory / 'log'))
        lost = {'msg': '%d', 'args': (1,), 'levelno': logging.INFO}
        record = logging.makeLogRecord(lost)
        wrong = logging.makeLogRecord({**lost, 'args': ('x',)})
        (handler,) = logging.getLogger().handlers
        full = OSError(errno.ENOSPC, 'No space left on device')
        with (
            base.captured() as (_, errors),
            mock.patch.object(handler, 'flush', side_effect=full),
        ):
            handler.handle(record)
            self.assertEqual(
                'keypair_ext: The log cannot be written: [Errno 28] No space '
                'left on device\n',
                errors.getvalue(),
            )
            handler.handle(wrong)
            self.assertIn('Traceback', errors.getvalue())

    def test_nobody_is_current_afterwards(self) -> None:
        before = context.get_current()
        self.formatters()
        self.assertIs(before, context.get_current())
