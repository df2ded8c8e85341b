# SPDX-License-Identifier: Apache-2.0

"""The stand-alone service's logging: oslo.log's, which a mount inherits.

Each request logs one line, and to format it takes oslo.log a good part of a
show: :class:`.request_log.RequestLineFormatter` formats these lines itself.
"""

import contextlib
import importlib.util
import logging
import os
import stat
import sys
from collections.abc import Callable, Mapping
from typing import Any

from oslo_config import cfg
from oslo_log import _options, formatters, log as oslo_log

from keypair_ext import conf as keypair_conf, exception, files, nobody
from keypair_ext.middleware import request_log

# Who tells that a notification could not be sent.
_LOSES = 'oslo_messaging.notify.messaging'

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
    for _, opts in _options.list_opts():
        keypair_conf.register_missing(conf, opts, 'DEFAULT')
    if conf.log_rotate_interval < 1:
        raise _refusal('log_rotate_interval has to be 1 or more')
    _check_pipe(conf)
    if conf.use_journal and importlib.util.find_spec('systemd') is None:
        raise _refusal('use_journal needs the package systemd-python')
    if conf.log_config_append:
        files.read(conf.log_config_append)
    _check_levels(conf.default_log_levels)
    try:
        oslo_log.setup(conf, 'keypair_ext')
    except Exception as error:
        # oslo.log lets through whatever files, sockets and libraries raise.
        raise _refusal(str(error) or type(error).__name__) from error
    logging.getLogger(_LOSES).addFilter(warn_in_one_line)
    for handler in logging.getLogger().handlers:
        handler.handleError = _telling(handler)  # type: ignore[method-assign,assignment]
        if type(handler.formatter) is formatters.ContextFormatter:
            _check_formats(handler.formatter)
            handler.setFormatter(
                request_log.RequestLineFormatter(handler.formatter, conf)
            )


def _telling(
    handler: logging.Handler,
) -> Callable[[logging.LogRecord], None]:
    """Return what tells of a line that is lost, in a line where it can.

    logging would write some 3 KB for each request while a disk is full.
    """
    usual = handler.handleError

    def tell(record: logging.LogRecord) -> None:
        error = sys.exception()
        if not isinstance(error, OSError):
            usual(record)
        elif sys.stderr is not None:
            with contextlib.suppress(OSError):
                sys.stderr.write(
                    f'keypair_ext: The log cannot be written: {error}\n'
                )

    return tell


def _check_pipe(conf: cfg.ConfigOpts) -> None:
    """Return if the log file is no pipe, or is one that somebody reads.

    To open another one would wait until somebody does.
    """
    path = os.path.join(conf.log_dir or '', conf.log_file or '')
    if os.path.exists(path) and stat.S_ISFIFO(os.stat(path).st_mode):
        try:
            os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
        except OSError as error:
            raise _refusal(f'log_file {path}: nobody reads it') from error


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


def warn_in_one_line(record: logging.LogRecord) -> bool:
    """Make a warning of a lost notification, which oslo.log gives a reason.

    oslo.messaging tells it with all that it held and a traceback, as often as
    a request while the broker is away.
    """
    if record.exc_info and isinstance(record.args, Mapping):
        message: Any = record.args['message']
        record.levelno = logging.WARNING
        record.levelname = 'WARNING'
        record.msg = 'Could not send notification %s'
        record.args = (message['event_type'],)
        record.exc_info = None
    return True


def _refusal(reason: str) -> exception.ConfigurationError:
    reason = ' '.join(reason.split()).rstrip('.')
    return exception.ConfigurationError(
        reason=f'Logging cannot be set up as [DEFAULT] says: {reason}.'
    )
