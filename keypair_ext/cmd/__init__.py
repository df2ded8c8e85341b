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

"""What operators run: keypair-ext-manage, keypair-ext-status, the demo."""

import logging


def hush_oslo_db() -> None:
    """Leave it to the command to tell of a database that cannot be used.

    For some errors oslo.db would show a traceback first.
    """
    logging.getLogger('oslo_db').setLevel(logging.CRITICAL)
