# SPDX-License-Identifier: Apache-2.0

"""Which requests are ours, and what their path names.

Paths are matched as Nova's are: any number of slashes counts as one, a
project id may come first, and a newline at the very end is not seen.
"""

import io
import re
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple
from urllib import parse as urlparse
from wsgiref.types import WSGIEnvironment

import webob

from keypair_ext import environ as env

COLLECTION = 'os-keypairs'

Declarations = Sequence[tuple[str, Mapping[str, str]]]

# (path, its methods with their operations)
KEYPAIRS: Declarations = (
    ('/os-keypairs', {'GET': 'list', 'POST': 'create'}),
    ('/os-keypairs/{name}', {'GET': 'show', 'DELETE': 'delete'}),
)

# What clients of the stand-alone service ask for beside key pairs. In a cloud
# these are Nova's.
SERVICE: Declarations = (
    *KEYPAIRS,
    ('/limits', {'GET': 'show_limits'}),
    ('/os-quota-sets/{name}', {'GET': 'show_quota'}),
    ('/os-quota-sets/{name}/defaults', {'GET': 'show_quota_defaults'}),
    ('/os-quota-sets/{name}/detail', {'GET': 'show_quota_detail'}),
    ('/extensions', {'GET': 'list_extensions'}),
    ('/extensions/{name}', {'GET': 'show_extension'}),
    # The first below a project; without one it needs no token, and never
    # comes here.
    ('/', {'GET': 'show_version'}),
    ('/versions/{name}', {'GET': 'show_named_version'}),
)

_SLASHES = re.compile('/+')

# What Routes looks for in a query, and in these when they are posted.
_OVERRIDE = '_method'
_FORMS = ('application/x-www-form-urlencoded', 'multipart/form-data')
# What WebOb raises for a form that breaks off, is none, or is in another
# encoding.
_UNREADABLE = (OSError, ValueError, LookupError, DeprecationWarning)


class Route(NamedTuple):
    """What a request names.

    ``operation`` is None for a method that the path lacks, ``methods`` are
    those it has.
    """

    operation: str | None
    project_id: str | None
    name: str | None
    methods: Collection[str] = ()


class Table:
    """The routes of a mount.

    :param declarations: :data:`KEYPAIRS` or :data:`SERVICE`.
    """

    def __init__(self, declarations: Declarations) -> None:
        self._rows = [
            (_pattern(path), operations) for path, operations in declarations
        ]

    def match(self, environ: WSGIEnvironment) -> Route | None:
        """Return what a request names, None if its path is not ours.

        :param environ: ``PATH_INFO`` is what is left of the path below the
            mount.
        """
        path, escaped = environ.get('PATH_INFO', ''), None
        if environ.get(env.LEGACY_V2):
            path, escaped = _split_escaped(environ, path)
        for pattern, operations in self._rows:
            found = pattern.match(path)
            if found:
                named = found.groupdict()
                name = escaped or named.get('name')
                return Route(
                    operations.get(method(environ)),
                    named['project_id'],
                    name and _decoded(name),
                    operations,
                )
        return None


def raw_path(environ: WSGIEnvironment) -> str | None:
    """Return the request's path before unquoting, where the server tells."""
    # uWSGI and mod_wsgi call it REQUEST_URI, gunicorn RAW_URI.
    uri = environ.get('REQUEST_URI') or environ.get('RAW_URI')
    return uri.partition('?')[0] if uri else None


def _pattern(path: str) -> re.Pattern[str]:
    rest = path.replace('/', '/+').replace('{name}', '(?P<name>[^/]+?)')
    return re.compile(rf'(?:/+(?P<project_id>[0-9a-f-]++))?{rest}$', re.DOTALL)


def method(environ: WSGIEnvironment) -> str:
    """Return the method by which Nova's router, Routes, goes.

    The word in a query hides that in a form. What cannot be read asks for
    nothing.
    """
    sent: str = environ['REQUEST_METHOD']
    in_query = _OVERRIDE in environ.get('QUERY_STRING', '')
    if not in_query and not (sent == 'POST' and _is_form(environ)):
        return sent
    # A copy: WebOb keeps what it parses, and the request may go on to Nova.
    request = webob.Request(dict(environ))
    wanted: object
    try:
        if in_query:
            wanted = request.GET.get(_OVERRIDE)
        else:
            environ['wsgi.input'] = io.BytesIO(request.body)
            wanted = request.POST.get(_OVERRIDE)
    except _UNREADABLE:
        return sent
    return wanted.upper() if isinstance(wanted, str) and wanted else sent


def _is_form(environ: WSGIEnvironment) -> bool:
    content_type = environ.get('CONTENT_TYPE', '').partition(';')[0]
    # One of a megabyte is larger than any body that is read.
    length = environ.get('CONTENT_LENGTH', '')
    is_form = content_type.lower() in _FORMS
    return is_form and length.isdecimal() and len(length) < 7


def _split_escaped(
    environ: WSGIEnvironment, path: str
) -> tuple[str, str | None]:
    """Return a path to match, and a name with a slash that it stands for.

    ``PATH_INFO`` shows ``os-keypairs/a%2Fb`` as ``os-keypairs/a/b``. Only
    ``/v2`` makes such names, so only there are they looked for.
    """
    quoted = (raw_path(environ) or '').rpartition('/')[2]
    if '%2f' not in quoted.lower():
        return path, None
    name = urlparse.unquote(quoted, encoding='latin-1')
    # Paste's urlmap makes one slash of several.
    whole, tail = (_SLASHES.sub('/', text) for text in (path, f'/{name}'))
    collection = whole.removesuffix(tail)
    if collection == whole or not collection.endswith(f'/{COLLECTION}'):
        return path, None
    return f'{collection}/-', name


def _decoded(name: str) -> str:
    """Return a path segment as text.

    WSGI hands over bytes as latin-1. Clients send UTF-8; what is not valid
    UTF-8 stays as Nova reads it.
    """
    try:
        return name.encode('latin-1').decode('utf-8')
    except UnicodeError:
        return name
