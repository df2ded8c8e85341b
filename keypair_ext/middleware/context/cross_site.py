# SPDX-License-Identifier: Apache-2.0

"""What a page of another site can make a browser send, and may not.

A browser adds a password that it was once given to every request for its
site, whoever makes it. What pages cannot send without being asked first
(CORS, https://fetch.spec.whatwg.org/) is left to the filter that answers
them; what they can send at once is refused here.
"""

import re
from collections.abc import Iterable
from urllib import parse
from wsgiref.types import WSGIEnvironment

from keypair_ext import exception

_READING = ('GET', 'HEAD', 'OPTIONS')

# A page of any site, or a form of it, can send these without being asked.
_SIMPLE = ('GET', 'HEAD', 'POST')

_FROM_HERE = ('same-origin', 'none')
_DEFAULT_PORTS = {'http': ':80', 'https': ':443'}


class Guard:
    """Refuses what changes something and may come from elsewhere.

    :param allowed_origins: of pages that may ask, beside our own. ``*`` is
        nobody here: it is not meant for callers with passwords.
    """

    def __init__(self, allowed_origins: Iterable[str]) -> None:
        self._allowed_origins = frozenset(allowed_origins) - {'*'}

    def check(self, environ: WSGIEnvironment) -> None:
        """Return if no page of another site, or of a sibling, sends this.

        :raises ForeignPage: one does, or may.
        :raises FormContentType: one could, without being asked first.
        """
        method = environ['REQUEST_METHOD']
        if method in _READING and not _names_method(
            environ.get('QUERY_STRING', '')
        ):
            return
        if not self._is_from_here(environ):
            raise exception.ForeignPage()
        if method in _SIMPLE and not _is_json(environ.get('CONTENT_TYPE', '')):
            raise exception.FormContentType()

    def _is_from_here(self, environ: WSGIEnvironment) -> bool:
        origin = environ.get('HTTP_ORIGIN')
        if origin in self._allowed_origins:
            return True
        if environ.get('HTTP_SEC_FETCH_SITE', 'none') not in _FROM_HERE:
            return False
        return origin is None or _is_ours(origin, environ)


def origin_of(url: str) -> str:
    """Return the origin of a URL, as a browser writes it."""
    scheme, _, rest = url.lower().partition('://')
    host = re.split('[/?#]', rest)[0].removesuffix(
        _DEFAULT_PORTS.get(scheme, ' ')
    )
    return f'{scheme}://{host}'


def _names_method(query: str) -> bool:
    """Tell if the query names another method, as Routes understands it."""
    if 'method' not in query and '%' not in query:
        return False
    names = (part.partition('=')[0] for part in re.split('[&;]', query))
    return '_method' in map(parse.unquote_plus, names)


def _is_ours(origin: str, environ: WSGIEnvironment) -> bool:
    """Tell if the page came from where the request goes.

    A proxy in front may talk https for us, and nobody tells: http in the
    environ says nothing.
    """
    scheme, _, host = origin.lower().partition('://')
    if scheme not in (environ['wsgi.url_scheme'], 'https'):
        return False
    port = _DEFAULT_PORTS.get(scheme, '')
    ours = environ.get('HTTP_HOST', '').lower()
    return bool(ours) and host.removesuffix(port) == ours.removesuffix(port)


def _is_json(content_type: str) -> bool:
    media_type = content_type.partition(';')[0].strip()
    return media_type == 'application/json' or bool(
        re.fullmatch(r'application/[\w.-]+\+json', media_type)
    )
