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


"""Applications for servers that load them in one process and then fork."""

from typing import Final

# How full the pool of keys is when the server forks.
POOL_SIZE: Final = 50

# How many keys come with one answer.
KEYS_AT_ONCE: Final = 100

# Whose key pairs the process has made that forks later.
MASTER: Final = 'master'
