# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Real servers as fixtures: databases, memcached, Keystone, Nova, uWSGI.

Each one listens on 127.0.0.1 only, keeps everything it writes in a temporary
directory of its own, reads nothing of the machine's /etc, and is gone after
its clean-up.  Needed are Debian's mariadb-server, postgresql and memcached,
and root has the databases installed when they are first wanted; each
module's ``available()`` says whether a test can run or must be skipped.
"""
