# SPDX-License-Identifier: Apache-2.0

"""Commands and their options as tables, and what all programs share."""

import argparse
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from oslo_config import cfg

import keypair_ext
from keypair_ext import conf as keypair_conf, config_files

if TYPE_CHECKING:
    Actions = argparse._SubParsersAction[argparse.ArgumentParser]

# Adds itself to a parser.
Option = Callable[[Any], object]


def option(*names: str, **settings: Any) -> Option:
    """Return an option, told as to ``add_argument``."""
    return lambda parser: parser.add_argument(*names, **settings)


def group(title: str, *options: Option) -> Option:
    """Return options that the help shows together."""
    return lambda parser: _add(parser.add_argument_group(title), options)


def one_of(*options: Option) -> Option:
    """Return options one of which has to be given."""
    return lambda parser: _add(
        parser.add_mutually_exclusive_group(required=True), options
    )


def _add(parser: Any, options: Iterable[Option]) -> None:
    for add in options:
        add(parser)


class Command(NamedTuple):
    """A command.

    :ivar run: does it, and returns the exit status, None for 0.
    :ivar about: what it does, as a sentence without its end.
    :ivar more: further sentences of its help.
    :ivar example: its words on a command line.
    """

    name: str
    run: Callable[[argparse.Namespace], int | None]
    about: str
    options: Iterable[Option] = ()
    more: str = ''
    example: str | None = None


def add_commands(
    groups: 'Actions',
    name: str,
    about: str,
    commands: Iterable[Command],
    mistake: int = 1,
) -> None:
    """Add a group of commands.

    :param mistake: the exit status for a mistake of the operator.
    """
    parser = groups.add_parser(name, help=about)
    actions = parser.add_subparsers(required=True, metavar='ACTION')
    for command in commands:
        add_command(actions, command, parser.prog, mistake)


def add_command(
    actions: 'Actions', command: Command, before: str = '', mistake: int = 1
) -> None:
    """Add a command.

    :param before: the words before those of its example.
    """
    about = command.about
    parser = actions.add_parser(
        command.name,
        help=about,
        description=f'{about[0].upper()}{about[1:]}.{command.more}',
        epilog=command.example and f'example:\n  {before} {command.example}',
        formatter_class=argparse.RawDescriptionHelpFormatter
        if command.example
        else argparse.HelpFormatter,
    )
    _add(parser, command.options)
    parser.set_defaults(run=command.run, mistake=mistake)


def program(name: str, **settings: Any) -> argparse.ArgumentParser:
    """Return the parser of a program that reads a configuration."""
    parser = argparse.ArgumentParser(name, **settings)
    parser.add_argument(
        '--version',
        action='version',
        version=f'%(prog)s {keypair_ext.release()}',
        help='print the release of keypair_ext that is installed',
    )
    parser.add_argument(
        '--config-file',
        action='append',
        metavar='FILE',
        help='configuration file, may be repeated (default: '
        '$OS_KEYPAIR_EXT_CONFIG_FILES or keypair_ext.conf, in '
        '$OS_KEYPAIR_EXT_CONFIG_DIR or /etc/keypair_ext); what is in FILE.d '
        'is read after it',
    )
    parser.add_argument(
        '--database-group',
        default='database',
        metavar='GROUP',
        help='configuration group of the database: database, or '
        'api_database for the file of a Nova (default: %(default)s)',
    )
    return parser


def configure(conf: cfg.ConfigOpts, arguments: argparse.Namespace) -> str:
    """Fill a configuration as the options say.

    :returns: the first of its files.
    :raises ConfigurationError: it cannot be read, or has a wrong value.
    """
    named: list[str] = arguments.config_file or config_files.default_files()
    config_files.read_into(conf, named, keypair_conf.PROJECT)
    keypair_conf.register_opts(conf, arguments.database_group)
    return named[0]


def configured(arguments: argparse.Namespace) -> cfg.ConfigOpts:
    """Return a configuration of its own; see :func:`configure`."""
    conf = cfg.ConfigOpts()
    configure(conf, arguments)
    return conf
