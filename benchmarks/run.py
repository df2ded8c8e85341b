# SPDX-License-Identifier: Apache-2.0

"""One run: every measurement, as a document that JSON can hold."""

import importlib.metadata
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks import footprint, generation, growth, layers
from benchmarks.comparisons import Comparison
from benchmarks.database import Database
from benchmarks.servers import MYSQLCLIENT, PYMYSQL, Cluster, Server
from keypair_ext.tests.functional.conformance import servers as ours
from keypair_ext.tests.functional.nova import environment
from keypair_ext.tests.functional.servers import nova, process

Result = dict[str, Any]

_THREADS: Final = 8


@dataclass(frozen=True)
class Section:
    """Something that is measured.

    :param told: what for.
    :param minutes: what the short form takes.
    """

    measure: Callable[['Form'], Any]
    told: str
    minutes: float


@dataclass(frozen=True)
class Form:
    """How long a run measures.

    :param seconds: each load lasts.
    :param pairs: of loads of two servers in turn.
    :param tables: the sizes to which the table grows.
    :param gigabytes: of memory that the database may use for them.
    """

    seconds: int
    pairs: int
    tables: tuple[int, ...]
    gigabytes: int = 2


FORMS: Final = {
    'short': Form(2, 2, growth.TABLES[:2]),
    'long': Form(3, 3, growth.TABLES, gigabytes=12),
}


def run(
    form_name: str, wanted: Sequence[str], say: Callable[[str], None]
) -> Result:
    """Measure some sections, or all of them.

    :param say: told what is being measured.
    """
    form = FORMS[form_name]
    document: Result = {
        'form': form_name,
        'began': time.strftime('%Y-%m-%dT%H:%MZ', time.gmtime()),
        'machine': _machine(),
    }
    for name in wanted or SECTIONS:
        began = time.monotonic()
        document[name] = SECTIONS[name].measure(form)
        say(f'{name}: {time.monotonic() - began:.0f} s')
    return document


def _machine() -> Result:
    return {
        'cpus': os.cpu_count(),
        'cpu': _cpu_model(),
        'python': platform.python_version(),
        'nova': nova.REQUIREMENTS[0],
        'packages': {
            name: importlib.metadata.version(name)
            for name in ('SQLAlchemy', 'oslo.db', 'WebOb', 'uWSGI')
        },
    }


def _cpu_model() -> str:
    for line in Path('/proc/cpuinfo').read_text().splitlines():
        if line.startswith('model name'):
            return line.partition(':')[2].strip()
    return platform.machine()


def _compare(cluster: Cluster, form: Form, servers: list[Server]) -> Result:
    comparison = Comparison(cluster.database, form.seconds, form.pairs)
    for server in {server.database: server for server in servers}.values():
        comparison.fill(server)
    return {'rows': list(comparison.rows(servers))}


def _with_driver(form: Form, driver: str) -> Result:
    with Cluster(driver=driver) as cluster:
        servers = [cluster.start_nova(), cluster.start_service()]
        return _compare(cluster, form, servers)


def _with_keystone(form: Form) -> Result:
    with Cluster(with_keystone=True) as cluster:
        servers = [cluster.start_nova(), cluster.start_service()]
        return _compare(cluster, form, servers)


def _at_the_load_balancer(form: Form) -> Result:
    with Cluster(with_keystone=True) as cluster:
        return _compare(cluster, form, cluster.start_balanced())


def _with_filter(form: Form) -> Result:
    with Cluster() as cluster:
        servers = [cluster.start_nova(), cluster.start_filter()]
        return _compare(cluster, form, servers)


def _against_raw(form: Form) -> Result:
    with Cluster() as cluster:
        service = cluster.start_service()
        comparison = Comparison(cluster.database, form.seconds, form.pairs)
        comparison.fill(service)
        return comparison.show([cluster.start_raw(service.database), service])


def _generation(form: Form) -> Result:
    with Cluster() as cluster:
        servers = [cluster.start_nova(), cluster.start_service()]
        return {
            'sustained': generation.sustained(
                servers, form.seconds * 2, form.pairs
            ),
            'paced': {
                server.name: generation.paced(server, form.seconds * 3)
                for server in servers
            },
        }


def _beside(form: Form) -> Result:
    with Cluster(threads=_THREADS) as cluster:
        servers = [cluster.start_nova(), cluster.start_service()]
        for server in servers:
            cluster.database.add_keys_of(server.database, 'reader', 10)
        return {
            server.name: generation.beside(server, form.seconds * 6)
            for server in servers
        }


def _growth(form: Form) -> Result:
    with Cluster(gigabytes=form.gigabytes) as cluster:
        service = cluster.start_service()
        measured = growth.Growth(
            cluster.database, service, form.seconds, form.pairs
        )
        of_the_table = list(measured.of_the_table(form.tables))
        of_a_user = list(measured.of_a_user())
    return {
        'table': of_the_table,
        'user': of_a_user,
        'imports without a limit': _imports(),
    }


def _imports() -> list[Result]:
    with Cluster(conf={'quota': {'key_pairs': -1}}) as cluster:
        service = cluster.start_service()
        return list(growth.Growth(cluster.database, service, 1, 1).imports())


def _footprint(form: Form) -> Result:
    with Cluster() as cluster:
        servers = [cluster.start_nova(), cluster.start_service()]
        _compare(cluster, Form(1, 1, ()), servers)
        return {
            server.name: {
                'megabytes': footprint.resident_megabytes(server),
                'start_seconds': footprint.start_seconds(server, form.pairs),
            }
            for server in servers
        }


def _layers(form: Form) -> Result:
    with Database() as database:
        url = database.server.create_database('layers')
        service = ours.Service(
            url.replace(PYMYSQL, MYSQLCLIENT, 1),
            {'DEFAULT': {'log_file': '/dev/null'}},
        )
        with service:
            database.add_keys_of('layers', layers.USER, 10)
            printed = process.run(
                [sys.executable, '-m', 'benchmarks.layers', service.home],
                env=process.clean_environment(
                    service.home, PYTHONPATH=str(environment.ROOT)
                ),
            )
    measured: Result = json.loads(printed)
    return measured


# What is measured, in this order.
SECTIONS: Final[dict[str, Section]] = {
    'load-balancer': Section(
        _at_the_load_balancer,
        'reads and writes of a Nova behind HAProxy and of ours beside it',
        2.5,
    ),
    'mysqlclient': Section(
        lambda form: _with_driver(form, MYSQLCLIENT),
        'the same of the service and of Nova, the faster driver',
        1.5,
    ),
    'pymysql': Section(
        lambda form: _with_driver(form, PYMYSQL),
        'the same with the driver that is written in Python',
        1.5,
    ),
    'keystone': Section(_with_keystone, 'the same with a Keystone token', 1.5),
    'filter': Section(
        _with_filter, 'a Nova with the filter and one without', 1.5
    ),
    'raw': Section(
        _against_raw, 'show, and the least that can answer it', 0.5
    ),
    'generation': Section(
        _generation, 'RSA keys, as many as can be and some', 1
    ),
    'beside': Section(_beside, 'show while others generate keys', 1),
    'growth': Section(_growth, 'the service as the table and a user grow', 2),
    'footprint': Section(_footprint, 'memory of a worker, and its start', 1),
    'passing': Section(
        lambda form: footprint.passing_microseconds(),
        'what the filter costs a request that is not for it',
        0.1,
    ),
    'layers': Section(_layers, 'where the time of a show goes', 0.5),
}
