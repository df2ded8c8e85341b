# SPDX-License-Identifier: Apache-2.0

"""Which requests are os-keypairs', and what their path names.

Paths are matched as Nova's are: any number of slashes counts as one, a
project id may come first, and a newline at the very end is not seen.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib import parse as urlparse

from keypair_ext import environ as env

COLLECTION = 'os-keypairs'

_PATH = re.compile(
    r'/+(?:([0-9a-f-]+)/+)?os-keypairs(?:/+([^/]+?))?$', re.DOTALL
)

_SLASHES = re.compile('/+')

_OF_COLLECTION = {'GET': 'list', 'POST': 'create'}
_OF_ITEM = {'GET': 'show', 'DELETE': 'delete'}


class Route(NamedTuple):
    """What a path names. ``operation`` is None for a method it lacks."""

    operation: str | None
    project_id: str | None
    name: str | None

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods that the path has."""
        return tuple(_OF_COLLECTION if self.name is None else _OF_ITEM)


def match(environ: Mapping[str, Any]) -> Route | None:
    """Return what a request names, None if its path is not ours.

    :param environ: the WSGI environ; ``PATH_INFO`` is what is left of the
        path below the mount.
    """
    path = environ.get('PATH_INFO', '')
    # Most requests of a filter mount are not ours: 0.1 microseconds for
    # them here, against 0.5 for the expression.
    if COLLECTION not in path:
        return None
    if environ.get(env.LEGACY_V2):
        route = _match_escaped_slash(environ, path)
        if route is not None:
            return route
    found = _PATH.match(path)
    if found is None:
        return None
    project_id, name = found.groups()
    return _route(environ, project_id, name and _decoded(name))


def _route(
    environ: Mapping[str, Any], project_id: str | None, name: str | None
) -> Route:
    operations = _OF_COLLECTION if name is None else _OF_ITEM
    operation = operations.get(environ['REQUEST_METHOD'])
    return Route(operation, project_id, name)


def raw_path(environ: Mapping[str, Any]) -> str | None:
    """Return the request's path before unquoting, where the server tells."""
    # uWSGI and mod_wsgi call it REQUEST_URI, gunicorn RAW_URI.
    uri = environ.get('REQUEST_URI') or environ.get('RAW_URI')
    return uri.partition('?')[0] if uri else None


def _match_escaped_slash(
    environ: Mapping[str, Any], path: str
) -> Route | None:
    """Match ``os-keypairs/a%2Fb``, which ``PATH_INFO`` shows as ``a/b``.

    Only ``/v2`` makes such names, so only there are they looked for.
    """
    quoted = (raw_path(environ) or '').rpartition('/')[2]
    if '%2f' not in quoted.lower():
        return None
    name = urlparse.unquote(quoted, encoding='latin-1')
    # Paste's urlmap makes one slash of several.
    tail = _SLASHES.sub('/', f'/{name}')
    found = _PATH.match(_SLASHES.sub('/', path).removesuffix(tail))
    if found is None or found[2] is not None:
        return None
    return _route(environ, found[1], _decoded(name))


def _decoded(name: str) -> str:
    """Return a path segment as text.

    WSGI hands over bytes as latin-1. Clients send UTF-8; what is not valid
    UTF-8 stays as Nova reads it.
    """
    if name.isascii():
        return name
    try:
        return name.encode('latin-1').decode('utf-8')
    except UnicodeError:
        return name
