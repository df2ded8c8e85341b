# SPDX-License-Identifier: Apache-2.0

"""Tells a load balancer over HTTP whether a Galera node may have clients.

As the clustercheck of other deployments does: 200 where the node is synced,
503 otherwise. It looks each time, on a connection that it keeps.
"""

import argparse
import http.server
import threading
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import exc as sa_exc

_STATUS: Final = sa.text(
    'SELECT VARIABLE_NAME, VARIABLE_VALUE '
    'FROM information_schema.GLOBAL_STATUS '
    "WHERE VARIABLE_NAME IN ('WSREP_LOCAL_STATE', 'WSREP_READY')"
)
_SYNCED: Final = {'WSREP_LOCAL_STATE': '4', 'WSREP_READY': 'ON'}
_TIMEOUTS: Final = {'connect_timeout': 1, 'read_timeout': 1}


class Node:
    """Asks one node.

    :param url: where it listens, and as whom to ask.
    """

    def __init__(self, url: str) -> None:
        self._engine = sa.create_engine(url, connect_args=_TIMEOUTS)

    def is_synced(self) -> bool:
        """Tell whether it is; not to answer in time is to say no."""
        try:
            with self._engine.connect() as connection:
                rows = connection.execute(_STATUS).all()
        except sa_exc.SQLAlchemyError:
            self._engine.dispose()
            return False
        return dict(tuple(row) for row in rows) == _SYNCED


class _Server(http.server.HTTPServer):
    def __init__(self, port: int, node: Node) -> None:
        super().__init__(('127.0.0.1', port), _Handler)
        self.node = node


class _Handler(http.server.BaseHTTPRequestHandler):
    server: _Server

    def do_OPTIONS(self) -> None:
        self.send_response(200 if self.server.node.is_synced() else 503)
        self.send_header('Content-Length', '0')
        self.end_headers()

    def do_GET(self) -> None:
        self.do_OPTIONS()

    def log_message(self, *arguments: Any) -> None:
        """Leave the log to what goes wrong."""


def main() -> None:
    """Serve one port for each node, until killed."""
    parser = argparse.ArgumentParser(prog='clustercheck')
    parser.add_argument('checks', nargs='+', metavar='PORT=URL')
    threads = []
    for check in parser.parse_args().checks:
        port, _, url = check.partition('=')
        server = _Server(int(port), Node(url))
        threads.append(threading.Thread(target=server.serve_forever))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == '__main__':
    main()
