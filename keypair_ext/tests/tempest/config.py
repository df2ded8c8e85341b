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

"""The options of tempest.conf that are ours."""

from oslo_config import cfg

SERVICE_AVAILABLE_OPTS: list[cfg.Opt] = [
    cfg.BoolOpt(
        'keypair_ext',
        default=True,
        help="""
Whether keypair_ext answers for os-keypairs. On a cloud with a plain Nova set
it to False: what only keypair_ext does is skipped then, and the rest has to
pass all the same.
""",
    ),
]

KEYPAIR_EXT_OPTS: list[cfg.Opt] = [
    cfg.IntOpt(
        'max_quota_to_fill',
        default=20,
        min=0,
        help="""
Where the quota cannot be changed through the API, the largest one that the
tests fill up with key pairs. With a larger one the quota tests are skipped.
""",
    ),
]


def list_opts() -> list[tuple[str, list[cfg.Opt]]]:
    """Return all options by group."""
    return [
        ('service_available', list(SERVICE_AVAILABLE_OPTS)),
        ('keypair_ext', list(KEYPAIR_EXT_OPTS)),
    ]
