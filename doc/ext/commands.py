# SPDX-License-Identifier: Apache-2.0

"""Directive ``command``: what a program takes, read from its parser.

The argument is where the parser is made, ``package.module:function``. Each
command of the program becomes a section with its usage, options and example.
"""

import argparse
import importlib
import re
from collections.abc import Iterator

from docutils import nodes, statemachine
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import nested_parse_with_titles

_UNDERLINES = '-~^'


class Command(SphinxDirective):
    """Write a program's usage and options, then those of its commands."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        module, _, function = self.arguments[0].partition(':')
        parser = getattr(importlib.import_module(module), function)()
        lines = statemachine.StringList()
        for line in _described(parser):
            lines.append(line, self.arguments[0])
        container = nodes.section(document=self.state.document)
        nested_parse_with_titles(self.state, lines, container)
        # Whatever has changed in the parser.
        self.env.note_reread()
        return container.children


def _described(
    parser: argparse.ArgumentParser, depth: int = 0, told: str = ''
) -> Iterator[str]:
    if depth:
        yield from (parser.prog, len(parser.prog) * _UNDERLINES[depth - 1], '')
    yield from (_sentence(parser.description or told), '')
    yield from ('.. code-block:: none', '')
    # As wide as a narrow terminal is.
    for line in parser.format_usage().removeprefix('usage: ').splitlines():
        yield f'   {line}'
    yield ''
    commands: list[tuple[argparse.ArgumentParser, str]] = []
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            commands += [
                (action.choices[listed.dest], listed.help or '')
                for listed in action._choices_actions
            ]
        elif not isinstance(action, argparse._HelpAction):
            yield from (_named(action), f'    {_help(parser, action)}', '')
    if parser.epilog:
        title, *example = parser.epilog.splitlines()
        yield from (title.capitalize(), '', '.. code-block:: none', '')
        yield from (f'   {line.strip()}' for line in example)
        yield ''
    for command, words in commands:
        yield from _described(command, depth + 1, words)


def _named(action: argparse.Action) -> str:
    """Return the names of an option, each with its value."""
    if not action.option_strings:
        return f'``{action.metavar or action.dest}``'
    value = ''
    if action.nargs != 0:
        value = f' {action.metavar or action.dest.upper()}'
    return ', '.join(f'``{name}{value}``' for name in action.option_strings)


def _help(parser: argparse.ArgumentParser, action: argparse.Action) -> str:
    text = parser._get_formatter()._expand_help(action) if action.help else ''
    choices = ', '.join(map(str, action.choices or ()))
    one_of = f'one of {choices}' if choices else ''
    return _sentence('; '.join(filter(None, [one_of, text])) or 'needed')


def _sentence(text: str) -> str:
    """Return words that are no markup, from a capital to a full stop."""
    text = f'{text[:1].upper()}{text[1:].removesuffix(".")}.'
    return re.sub(r'([^\w\s])', r'\\\1', text).replace('_', r'\_')


def setup(app: Sphinx) -> dict[str, bool]:
    """Add the directive to Sphinx."""
    app.add_directive('command', Command)
    return {'parallel_read_safe': True}
