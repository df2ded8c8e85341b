# SPDX-License-Identifier: Apache-2.0

"""The ways on which PasteDeploy gets to Nova's application.

Each of them is a pipeline that can be edited, or the file is refused with a
sentence.
"""

import re
from typing import Final

from keypair_ext import exception
from keypair_ext.cmd.paste import reading
from keypair_ext.cmd.paste.reading import PasteFile, Section, Word

# nova-api loads the first by this name, which leads to the other two.
_ROOT: Final = 'osapi_compute'
_COMPOSITES: Final = (
    'openstack_compute_api_v21',
    'openstack_compute_api_v21_legacy_v2_compatible',
)
_NOVA_APP: Final = 'osapi_compute_app_v21'
_NOVA_FACTORY: Final = re.compile(
    r'(call:)?nova\.api\.openstack\.compute(\.routes)?:APIRouterV21\.factory'
)

# Keys by which no factory is told of an application.
_OTHER_KEY: Final = re.compile(r'use|filter-with|require|(paste\.|get ).*')
# Words of a value that are no names: what paste reads in an indented key.
_NO_NAME: Final = re.compile(r'.*=.*|.*:|(?!egg:|config:|call:)[A-Za-z]+:.*')
# A name with a scheme is for something outside of the file.
_ABSOLUTE: Final = re.compile('[A-Za-z]+:')

Pipelines = dict[tuple[str, str], list[Word]]


def find_pipelines(file: PasteFile) -> Pipelines:
    """Return the pipelines that end in Nova's application.

    :returns: their words, by the header of the section and the key.
    :raises ConfigurationError: there is a way that is not a pipeline, or an
        entry of Nova's API that leads elsewhere.
    """
    apps = _names_of_nova(file)
    found: Pipelines = {}
    for section in file.sections.values():
        for key, words in section.values.items():
            names = file.value(section, key)
            if leads_on(section, key) and not apps.isdisjoint(names):
                if obstacle := _obstacle(file, section, key, names, apps):
                    raise exception.ConfigurationError(
                        reason=f'{file.place(words[0])}: this command does '
                        f'not edit {obstacle}.'
                    )
                found[section.header, key] = words
    _check_entries(file, {file.sections[header].name for header, _ in found})
    return found


def leads_on(section: Section, key: str) -> bool:
    """Tell if a key can name what paste, or a factory, goes on to."""
    if section.header == reading.DEFAULT or key.startswith('set '):
        return True
    # What follows on the one word of another key may be an indented key.
    is_plain = _OTHER_KEY.fullmatch(key) and len(section.values[key]) == 1
    return section.kind in reading.ROUTES and not is_plain


def check_wrapping(file: PasteFile) -> None:
    """Refuse a filter that is told of nothing but what Nova gets.

    :raises ConfigurationError: Nova's application has ``filter-with``.
    """
    for name in _names_of_nova(file):
        section = file.apps[name]
        if words := section.values.get('filter-with'):
            raise exception.ConfigurationError(
                reason=f'{file.place(words[0])}: {words[0].text} would not '
                f'see requests for key pairs; instead of filter-with in '
                f'[{section.header}], name it in the pipelines before {name}.'
            )


def _names_of_nova(file: PasteFile) -> set[str]:
    """Return the names of Nova's application, with those given by ``use``."""
    found: set[str] = set()
    while more := {
        section.name
        for section in file.sections.values()
        if section.kind in reading.APPS
        and section.name not in found
        and _is_nova(section, found)
    }:
        found |= more
    return found


def _is_nova(section: Section, known: set[str]) -> bool:
    target = section.target('use', 'paste.app_factory')
    return (
        section.name == _NOVA_APP
        or target in known
        or _NOVA_FACTORY.fullmatch(target) is not None
    )


def _obstacle(
    file: PasteFile,
    section: Section,
    key: str,
    names: list[str],
    apps: set[str],
) -> str | None:
    """Return why a way to Nova's application is none to edit."""
    for word in section.words(key):
        if '%' in word:
            return f'a pipeline with a substitution, {word}'
        if _NO_NAME.fullmatch(word):
            return f'a value with an indented key in it, {word}'
    if section.header == reading.DEFAULT or key.startswith('set '):
        return f'a pipeline that is kept in a variable, {key}'
    if key in file.sections[reading.DEFAULT].values:
        return f'a pipeline whose key is in [DEFAULT], too, {key}'
    if section.kind == reading.FILTER_APP or _is_urlmap(section):
        return f"a way to Nova's application that is no pipeline, {key}"
    if names[-1] not in apps:
        return f"a pipeline that goes on behind Nova's application, {key}"
    return None


def _is_urlmap(section: Section) -> bool:
    factories = (f'paste.{kind}_factory' for kind in reading.COMPOSITES)
    return 'urlmap' in section.target('use', *factories)


def _check_entries(file: PasteFile, ends: set[str]) -> None:
    """Refuse a file in which an entry of the API does not lead to Nova's.

    :param ends: the names of the sections with a pipeline that does.
    """
    entries = [
        file.apps[name] for name in (_ROOT, *_COMPOSITES) if name in file.apps
    ]
    if not entries:
        raise exception.ConfigurationError(
            reason="The file is not the api-paste.ini of Nova's API: it has "
            f'no section [composite:{_COMPOSITES[0]}].'
        )
    leading = _leading(file, ends)
    for section in entries:
        if _is_urlmap(section):
            _check_routes(file, section)
        if section.name not in leading:
            raise exception.ConfigurationError(
                reason=f'Section [{section.header}] has no pipeline that '
                f"ends in Nova's application, usually [app:{_NOVA_APP}]."
            )


def _leading(file: PasteFile, ends: set[str]) -> set[str]:
    """Return the names of all sections from which paste gets to the ends."""
    found = set(ends)
    while more := {
        section.name
        for section in file.sections.values()
        if section.name not in found
        and not found.isdisjoint(
            {section.target('use'), *_following(file, section).values()}
        )
    }:
        found |= more
    return found


def _following(file: PasteFile, section: Section) -> dict[str, str]:
    """Return what paste, or a factory, goes on to, by the key."""
    values = {
        key: file.value(section, key)
        for key, words in section.values.items()
        if words and leads_on(section, key)
    }
    if _is_urlmap(section):
        return {key: ' '.join(words) for key, words in values.items()}
    return {key: words[-1] for key, words in values.items() if words}


def _check_routes(file: PasteFile, section: Section) -> None:
    for key, name in _following(file, section).items():
        place = file.place(section.values[key][0])
        if name.startswith('config:'):
            raise exception.ConfigurationError(
                reason=f'{place}: {key} is served from another file, {name}, '
                f'which this command does not read.'
            )
        if name not in file.apps and not _ABSOLUTE.match(name):
            raise exception.ConfigurationError(
                reason=f'{place}: {key} leads to {name}, and the file has no '
                f'application of that name.'
            )
