# SPDX-License-Identifier: Apache-2.0

"""Serve a WSGI application with eventlet, as an eventlet nova-api does.

Run as a program, with the port and ``package.module:callable``; all of the
process is made green before anything of it is imported.
"""

import sys
from importlib import import_module

import eventlet
import eventlet.wsgi


def main(port: str, application: str) -> None:
    """Serve on the loopback address, and never return."""
    module, _, name = application.partition(':')
    served = getattr(import_module(module), name)
    eventlet.wsgi.server(
        eventlet.listen(('127.0.0.1', int(port))), served, log_output=False
    )


if __name__ == '__main__':
    eventlet.monkey_patch()
    main(*sys.argv[1:])
