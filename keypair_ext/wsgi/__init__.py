# SPDX-License-Identifier: Apache-2.0

"""The doors: what paste calls to build an application or a filter."""

from collections.abc import Callable
from wsgiref.types import WSGIApplication

from paste.deploy import loadwsgi

from keypair_ext import deploy, exception
from keypair_ext.api import discovery, dispatch, routes

GlobalConf = dict[str, str]

# The key by which a pipeline tells its application that it is the service's.
_SERVICE = 'keypair_ext_service'


def app_factory(
    global_conf: GlobalConf, **local_conf: str
) -> dispatch.Application:
    """Build ``egg:keypair-ext#main``: os-keypairs as an application."""
    table = routes.SERVICE if _SERVICE in global_conf else routes.KEYPAIRS
    # One line in the file's [DEFAULT] is for the healthcheck, too.
    if 'database_group' in global_conf:
        local_conf.setdefault('database_group', global_conf['database_group'])
    return deploy.composition().application(local_conf, table)


def filter_factory(
    global_conf: GlobalConf, **local_conf: str
) -> Callable[[WSGIApplication], dispatch.Filter]:
    """Build ``egg:keypair-ext#main``: os-keypairs in front of Nova."""

    def mount(app: WSGIApplication) -> dispatch.Filter:
        return deploy.composition().mounted_in_nova(app, local_conf)

    return mount


def neighbours_factory(
    global_conf: GlobalConf, **local_conf: str
) -> Callable[[WSGIApplication], WSGIApplication]:
    """Build ``egg:keypair-ext#neighbours``, which older paste files name.

    It does nothing: the application itself has its routes.
    """
    return lambda app: app


def http_basic_factory(
    global_conf: GlobalConf, **local_conf: str
) -> Callable[[WSGIApplication], WSGIApplication]:
    """Build ``egg:keypair-ext#http_basic``: who has which password."""
    return deploy.composition().http_basic(local_conf)


def versions_factory(
    global_conf: GlobalConf, **local_conf: str
) -> discovery.Versions:
    """Build ``egg:keypair-ext#versions``: the version documents."""
    return deploy.composition().versions(local_conf)


def pipeline_factory(
    loader: loadwsgi.ConfigLoader, global_conf: GlobalConf, **local_conf: str
) -> WSGIApplication:
    """Build ``egg:keypair-ext#pipeline``, chosen by ``auth_strategy``.

    The section has a key for each strategy, a list of filters and last an
    application. Its ``root``, where given, is the application that answers
    the bare path of the mount, for which a client needs no token.

    :raises ConfigurationError: the section has no pipeline for the
        strategy.
    """
    root = local_conf.pop('root', None)
    strategy = deploy.composition().configuration(local_conf).api.auth_strategy
    if strategy not in local_conf:
        raise exception.ConfigurationError(
            reason=f'[api] auth_strategy is {strategy}, and the pipeline '
            f'section of the paste file has no key of that name.'
        )
    *filters, last = local_conf[strategy].split()
    app: WSGIApplication = loader.get_app(
        last, global_conf={**global_conf, _SERVICE: 'yes'}
    )
    for name in reversed(filters):
        app = loader.get_filter(name, global_conf=global_conf)(app)
    if root is None:
        return app
    return discovery.with_root(loader.get_app(root, global_conf), app)
