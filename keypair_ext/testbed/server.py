# SPDX-License-Identifier: Apache-2.0

"""gunicorn, told by us instead of by its command line."""

import signal
import socket
from typing import Any, Final
from wsgiref.types import WSGIApplication

from gunicorn import arbiter
from gunicorn.app import base

from keypair_ext import exception

_HOST: Final = '127.0.0.1'


def listen(listener: socket.socket, port: int) -> str:
    """Have a socket listen and return the URL; clients may connect now.

    :raises ConfigurationError: the port cannot be used.
    """
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((_HOST, port))
        listener.listen(128)
    except OSError as error:
        raise exception.ConfigurationError(
            reason=f'Port {port} of {_HOST} cannot be used: '
            f'{error.strerror}. Stop what listens there, or choose another '
            f'port, as in "make serve PORT=8775".'
        ) from error
    return f'http://{_HOST}:{listener.getsockname()[1]}'


class Server(base.BaseApplication):  # type: ignore[misc]
    """Serves an application.

    :param listener: the descriptor of a socket that listens already.
    """

    def __init__(self, application: WSGIApplication, listener: int) -> None:
        self._application = application
        self._listener = listener
        super().__init__()

    def load_config(self) -> None:
        self.cfg.set('bind', f'fd://{self._listener}')
        self.cfg.set('workers', 2)
        self.cfg.set('loglevel', 'warning')
        self.cfg.set('post_worker_init', _leave_to_master)
        if 'control_socket_disable' in self.cfg.settings:
            # It would be made in the home directory.
            self.cfg.set('control_socket_disable', True)

    def load(self) -> WSGIApplication:
        return self._application

    def run(self) -> None:
        """Serve; the process ends with it, with status 0."""
        _Master(self).run()


class _Master(arbiter.Arbiter):  # type: ignore[misc]
    """Lets requests end when Ctrl-C or a closing terminal stops it.

    gunicorn would cut them off at the one, and start anew at the other.
    """

    handle_int = handle_hup = arbiter.Arbiter.handle_term


def _leave_to_master(worker: Any) -> None:
    # A terminal sends these to the whole group, the workers included.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
