# SPDX-License-Identifier: Apache-2.0

"""oslo.middleware's filters, in the chain only when they have work to do.

They do a good part of a show's work even where their feature is off.
"""

from collections.abc import Callable, Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from oslo_middleware import cors, http_proxy_to_wsgi, opts

from keypair_ext import conf as config, config_files, exception
from keypair_ext.middleware.context import cross_site

_VERSION_HEADERS = ('X-OpenStack-Nova-API-Version', 'OpenStack-API-Version')


def set_cors_defaults() -> None:
    """Let pages from allowed origins use Compute's headers, as Nova does.

    These are defaults of the whole process: for the service only, and for
    what writes its sample configuration.
    """
    cors.set_defaults(
        allow_headers=[
            'X-Auth-Token',
            'X-Openstack-Request-Id',
            'X-Identity-Status',
            'X-Roles',
            'X-Service-Catalog',
            'X-User-Id',
            'X-Tenant-Id',
            *_VERSION_HEADERS,
        ],
        expose_headers=[
            'X-Auth-Token',
            'X-Openstack-Request-Id',
            'X-Subject-Token',
            'X-Service-Token',
            *_VERSION_HEADERS,
        ],
        allow_methods=['GET', 'PUT', 'POST', 'DELETE', 'PATCH'],
    )


def cors_factory(
    global_conf: dict[str, str], **local_conf: str
) -> Callable[[WSGIApplication], WSGIApplication]:
    """Build ``egg:keypair-ext#cors`` from ``[cors]``.

    Only what a browser asks across origins goes through it, and OPTIONS.

    :raises ConfigurationError: it has what no browser goes by.
    """

    def mount(app: WSGIApplication) -> WSGIApplication:
        conf = config_files.from_paste(local_conf)
        for group, registered in opts.list_opts_cors():
            config.register_missing(conf, registered, group)
        for origin in conf.cors.allowed_origin or ():
            if origin not in ('*', 'null', cross_site.origin_of(origin)):
                raise exception.ConfigurationError(
                    reason=f'[cors] allowed_origin has {origin!r}, which no '
                    f'browser sends: write it as https://dash.example.org, '
                    f'in lower case, without a path or a slash at the end.'
                )
        with_cors: WSGIApplication = cors.CORS(app, conf)

        def answer(
            environ: WSGIEnvironment, start_response: StartResponse
        ) -> Iterable[bytes]:
            asks = environ['REQUEST_METHOD'] == 'OPTIONS'
            chosen = with_cors if asks or 'HTTP_ORIGIN' in environ else app
            return chosen(environ, start_response)

        return answer

    return mount


def proxy_factory(
    global_conf: dict[str, str], **local_conf: str
) -> Callable[[WSGIApplication], WSGIApplication]:
    """Build ``egg:keypair-ext#http_proxy_to_wsgi`` from ``[oslo_middleware]``.

    It is left out where ``enable_proxy_headers_parsing`` is off.
    """

    def mount(app: WSGIApplication) -> WSGIApplication:
        conf = config_files.from_paste(local_conf)
        for group, registered in opts.list_opts_http_proxy_to_wsgi():
            config.register_missing(conf, registered, group)
        proxied: Any = http_proxy_to_wsgi.HTTPProxyToWSGI(
            _with_readable_prefix(app), conf
        )
        on: bool = conf.oslo_middleware.enable_proxy_headers_parsing
        return proxied if on else app

    return mount


def _with_readable_prefix(app: WSGIApplication) -> WSGIApplication:
    """Refuse the prefix of a proxy, or its client, that can be in no link."""

    def refuse_or_go_on(
        environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        try:
            environ['SCRIPT_NAME'].encode('latin-1').decode()
        except UnicodeDecodeError:
            raise exception.InvalidInput(
                reason='X-Forwarded-Prefix is not encoded as UTF-8.'
            ) from None
        return app(environ, start_response)

    return refuse_or_go_on
