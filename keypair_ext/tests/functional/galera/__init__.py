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

"""Several API workers on three Galera nodes behind HAProxy.

Set ``KEYPAIR_EXT_TEST_GALERA`` to run these, as ``tox -e galera`` does.
"""

import os

REASON = (
    ''
    if os.environ.get('KEYPAIR_EXT_TEST_GALERA')
    else 'KEYPAIR_EXT_TEST_GALERA is not set; "tox -e galera" sets it'
)
