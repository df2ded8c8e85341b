# SPDX-License-Identifier: Apache-2.0

"""The stand-alone service's logging: oslo.log's, which a mount inherits.

Each request logs one line, and to format it takes oslo.log a good part of a
show: :class:`RequestLineFormatter` formats these lines itself.
"""

import importlib.util
import logging
import re

from oslo_config import cfg
from oslo_context import context as oslo_context
from oslo_log import formatters, log as oslo_log

from keypair_ext import exception, files, nobody
from keypair_ext.middleware import request_log

_FIELD = re.compile(r'%\((\w+)\)')

# What the line of a request can say of itself and of who asks.
_LINE_FIELDS = frozenset(
    (
        'asctime',
        'error_summary',
        'global_request_id',
        'instance',
        'levelname',
        'message',
        'msecs',
        'name',
        'process',
        'project_name',
        'request_id',
        'resource',
        'user_identity',
        'user_name',
    )
)
_IDENTITY_FIELDS = frozenset(
    (
        'domain',
        'project',
        'project_domain',
        'system_scope',
        'user',
        'user_domain',
    )
)


# What is written with which of the formats that an operator can set.
_TRIALS: tuple[tuple[str, dict[str, object]], ...] = (
    ('logging_default_format_string', {'context': None}),
    (
        'logging_context_format_string or logging_user_identity_format',
        {'context': nobody.Nobody()},
    ),
    ('logging_debug_format_suffix', {'levelno': logging.DEBUG}),
    ('logging_exception_prefix', {'exc_info': (None, None, None)}),
)


def set_up(conf: cfg.ConfigOpts) -> None:
    """Set up the logging of the process as ``[DEFAULT]`` says.

    :raises ConfigurationError: it cannot be.
    """
    if conf.use_journal and importlib.util.find_spec('systemd') is None:
        raise _refusal('use_journal needs the package systemd-python')
    if conf.log_config_append:
        files.check_text(conf.log_config_append)
    _check_levels(conf.default_log_levels)
    try:
        oslo_log.setup(conf, 'keypair_ext')
    except Exception as error:
        # oslo.log lets through whatever files, sockets and libraries raise.
        raise _refusal(str(error) or type(error).__name__) from error
    for handler in logging.getLogger().handlers:
        if type(handler.formatter) is formatters.ContextFormatter:
            _check_formats(handler.formatter)
            handler.setFormatter(RequestLineFormatter(handler.formatter, conf))


def _check_levels(pairs: list[str]) -> None:
    known = logging.getLevelNamesMapping()
    for pair in pairs:
        _, _, level = pair.partition('=')
        if level not in known and not level.isdecimal():
            raise _refusal(
                f'default_log_levels has {pair!r}, which is not a logger, = '
                f'and one of {", ".join(known)}'
            )


def _check_formats(formatter: logging.Formatter) -> None:
    """Write a line with each format.

    logging finds a wrong one only when there is a line to write, and then
    prints a traceback instead, for each line.
    """
    for option, fields in _TRIALS:
        try:
            record = {'levelno': logging.INFO, **fields}
            formatter.format(logging.makeLogRecord(record))
        except (KeyError, TypeError, ValueError) as error:
            raise _refusal(f'{option} cannot be used: {error}') from error


def _refusal(reason: str) -> exception.ConfigurationError:
    reason = ' '.join(reason.split()).rstrip('.')
    return exception.ConfigurationError(
        reason=f'Logging cannot be set up as [DEFAULT] says: {reason}.'
    )


class RequestLineFormatter(logging.Formatter):
    """Writes what oslo.log's formatter writes.

    It formats the lines of requests itself: oslo.log prepares every field
    that a format may name, and reads the formats anew, for each line.

    :param others: oslo.log's, for all other lines, and for all lines where
        a configured format names a field that is not known here.
    """

    def __init__(
        self, others: formatters.ContextFormatter, conf: cfg.ConfigOpts
    ) -> None:
        super().__init__(datefmt=others.datefmt)
        self._others = others
        self._line: str = conf.logging_context_format_string
        self._identity: str = conf.logging_user_identity_format
        self._is_known = _LINE_FIELDS.issuperset(
            _FIELD.findall(self._line)
        ) and _IDENTITY_FIELDS.issuperset(_FIELD.findall(self._identity))
        self._second = 0, ''

    def format(self, record: logging.LogRecord) -> str:
        """Return the text of a record."""
        context = oslo_context.get_current()
        if (
            record.name != request_log.LOG.name
            or context is None
            or not self._is_known
        ):
            return self._others.format(record)
        return self._line % {
            'asctime': self._time(record),
            'error_summary': '-',
            'global_request_id': context.global_request_id,
            'instance': '',
            'levelname': record.levelname,
            'message': record.getMessage(),
            'msecs': record.msecs,
            'name': record.name,
            'process': record.process,
            'project_name': context.project_name,
            'request_id': context.request_id,
            'resource': '',
            'user_identity': self._identity_of(context),
            'user_name': context.user_name,
        }

    def _identity_of(self, context: oslo_context.RequestContext) -> str:
        return self._identity % {
            'domain': context.domain_id or '-',
            'project': context.project_id or '-',
            'project_domain': context.project_domain_id or '-',
            'system_scope': context.system_scope or '-',
            'user': context.user_id or '-',
            'user_domain': context.user_domain_id or '-',
        }

    def _time(self, record: logging.LogRecord) -> str:
        """Return the time as text, made once in a second."""
        second, text = self._second
        if int(record.created) != second:
            second = int(record.created)
            text = self.formatTime(record, self.datefmt)
            self._second = second, text
        return text
