# SPDX-License-Identifier: Apache-2.0

"""Real servers as fixtures: of databases, Keystone, Nova and WSGI.

Each one listens on 127.0.0.1 only, keeps everything it writes in a temporary
directory of its own, reads nothing of the machine's /etc, and is gone after
its clean-up.  Needed are Debian's mariadb-server, postgresql and memcached,
and root has the databases installed when they are first wanted; each
module's ``available()`` says whether a test can run or must be skipped.
"""
