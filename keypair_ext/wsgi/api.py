# SPDX-License-Identifier: Apache-2.0

"""The stand-alone service's WSGI callable, for servers to import.

uWSGI, gunicorn and mod_wsgi are pointed at ``keypair_ext.wsgi.api`` and its
``application``. Nothing else imports this module: importing it reads the
configuration and sets up logging for the whole process.
"""

from keypair_ext import deploy
from keypair_ext.wsgi import uwsgi_bodies

application = uwsgi_bodies.served(deploy.service_or_exit())
