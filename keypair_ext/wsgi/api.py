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

"""The stand-alone service's WSGI callable, for servers to import.

uWSGI, gunicorn and mod_wsgi are pointed at ``keypair_ext.wsgi.api`` and its
``application``. Nothing else imports this module: importing it reads the
configuration and sets up logging for the whole process.
"""

from keypair_ext import deploy

application = deploy.service_or_exit()
