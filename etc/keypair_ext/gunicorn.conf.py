"""gunicorn serves keypair_ext.

gunicorn --config /etc/keypair_ext/gunicorn.conf.py
"""

import os
import signal

wsgi_app = 'keypair_ext.wsgi.api:application'

# Where it listens, and how many processes it has.
bind = os.environ.get('KEYPAIR_EXT_LISTEN') or '127.0.0.1:8774'
workers = int(os.environ.get('KEYPAIR_EXT_WORKERS') or '2')

# Load the application once, for all processes; they have one thread each.
preload_app = True
# Tokens can be long.
limit_request_field_size = 65535
limit_request_line = 8190
# Nobody asks it over a socket of its own.
control_socket_disable = True
# Answer the requests under way before ending at SIGTERM.
graceful_timeout = 60

# While a process loads, signals would be lost, or end it in the middle of
# something. They wait until it is ready.
_SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM)


def _hold():
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)


def when_ready(_server=None):
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)


post_worker_init = on_reload = when_ready
os.register_at_fork(before=_hold, after_in_parent=when_ready)
_hold()
