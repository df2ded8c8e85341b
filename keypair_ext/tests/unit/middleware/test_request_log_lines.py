# SPDX-License-Identifier: Apache-2.0

"""The lines of requests are oslo.log's, made faster."""

import itertools
import logging
from typing import Any

from oslo_config import cfg
from oslo_context import context
from oslo_log import formatters, log as oslo_log

from keypair_ext.middleware import request_log
from keypair_ext.tests import base

LINE = '%s "%s %s" status: %s len: %s'
ARGUMENTS = ('127.0.0.1', 'GET', '/v2.1/os-keypairs/%25', '200', '12')


def configuration(**options: object) -> cfg.ConfigOpts:
    conf = cfg.ConfigOpts()
    oslo_log.register_options(conf)
    conf([], project='keypair_ext', default_config_files=[])
    for name, value in options.items():
        conf.set_override(name, value)
    return conf


class RequestLineFormatterTest(base.TestCase):
    """Every line equals oslo.log's own."""

    contexts: tuple[dict[str, Any], ...] = (
        {},
        {'user_id': 'u', 'project_id': 'p', 'user_name': 'Ú', 'roles': ['r']},
        {
            'user_id': 'u',
            'user_domain_id': 'ud',
            'project_domain_id': 'pd',
            'project_name': 'the project',
            'domain_id': 'd',
            'global_request_id': 'req-global',
        },
        {'system_scope': 'all', 'auth_token': 'secret', 'is_admin': True},
    )
    formats: tuple[dict[str, str], ...] = (
        {},
        {'logging_context_format_string': '%(message)s'},
        {
            'logging_context_format_string': '%(asctime)s.%(msecs)03d'
            ' %(project_name)s/%(user_name)s%(resource)s %(message)s'
        },
        {'logging_context_format_string': '%(isotime)s %(message)s'},
        {'logging_context_format_string': '%(thread)d %(roles)s %(message)s'},
        {'logging_context_format_string': '%(error_summary)s %(message)s'},
        {'logging_user_identity_format': '%(user)s by %(system_scope)s'},
        {'logging_user_identity_format': '%(user)s %(user_name)s'},
        {'log_date_format': '%H.%M'},
    )

    def tearDown(self) -> None:
        super().tearDown()
        if context.get_current():
            del context._request_store.context

    def record(self, name: str = request_log.LOG.name) -> logging.LogRecord:
        return logging.makeLogRecord(
            {
                'name': name,
                'msg': LINE,
                'args': ARGUMENTS,
                'levelname': 'INFO',
                'levelno': logging.INFO,
            }
        )

    def both(self, conf: cfg.ConfigOpts) -> list[logging.Formatter]:
        others = formatters.ContextFormatter(
            config=conf, datefmt=conf.log_date_format
        )
        return [others, request_log.RequestLineFormatter(others, conf)]

    def test_lines(self) -> None:
        for options, values, name in itertools.product(
            self.formats, self.contexts, (request_log.LOG.name, 'another')
        ):
            with self.subTest(options=options, values=values, name=name):
                theirs, ours = self.both(configuration(**options))
                context.RequestContext(**values)
                record = self.record(name)
                written = ours.format(record)
                again = self.record(name)
                again.created, again.msecs = record.created, record.msecs
                self.assertEqual(theirs.format(again), written)

    def test_without_a_context(self) -> None:
        _, ours = self.both(configuration())

        self.assertIn(' [-] 127.0.0.1 "GET', ours.format(self.record()))

    def test_time_of_each_second(self) -> None:
        _, ours = self.both(
            configuration(logging_context_format_string='%(asctime)s')
        )
        context.RequestContext()
        times = []
        for created in (1.0, 1.9, 2.0):
            record = self.record()
            record.created = created
            times.append(ours.format(record))

        self.assertEqual(times[0], times[1])
        self.assertNotEqual(times[0], times[2])
