# SPDX-License-Identifier: Apache-2.0

"""What the tests of the policy share: files, callers and a question."""

from typing import Any

import fixtures
from oslo_config import cfg
from oslo_context import context as oslo_context

from keypair_ext import config_files, exception
from keypair_ext.policy import rules
from keypair_ext.policy.enforcer import Enforcer
from keypair_ext.tests import base

OTHERS = '"os_compute_api:os-keypairs:index": "@"\n'
NOBODY = '"os_compute_api:os-keypairs:index": "!"\n'


class NovaContext(oslo_context.RequestContext):
    """A context as Nova makes it: it has decided who is administrator."""

    def to_policy_values(self) -> Any:
        values = super().to_policy_values()
        values['is_admin'] = self.is_admin
        return values


def context(
    *roles: str,
    user_id: str = 'u',
    project_id: str | None = 'p',
    kind: type[oslo_context.RequestContext] = oslo_context.RequestContext,
    **more: Any,
) -> oslo_context.RequestContext:
    more.setdefault('is_admin', None)
    return kind(
        user_id=user_id,
        project_id=project_id,
        roles=list(roles),
        overwrite=False,
        **more,
    )


class PolicyTestCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger())
        self.file = self.directory / 'policy.yaml'
        (self.directory / 'policy.d').mkdir()

    def configuration(self, **options: object) -> cfg.ConfigOpts:
        lines = [
            '[oslo_policy]',
            f'policy_file = {self.file}',
            f'policy_dirs = {self.directory}/policy.d',
            *(f'{name} = {value}' for name, value in options.items()),
        ]
        path = self.directory / 'keypair_ext.conf'
        path.write_text('\n'.join(lines))
        return config_files.parse([str(path)])

    def enforcer(self, **options: object) -> Enforcer:
        """Return an enforcer that looks for new files at each question."""
        return Enforcer(self.configuration(**options), search_interval=0.0)

    def allowed(
        self,
        enforcer: Enforcer,
        caller: oslo_context.RequestContext,
        user_id: str = 'u',
        rule: str = rules.INDEX,
        **target: str | None,
    ) -> bool:
        try:
            enforcer.authorize(
                caller, rule, **(target or {'user_id': user_id})
            )
        except exception.PolicyNotAuthorized as error:
            self.assertIn(rule, str(error))
            return False
        return True
