# SPDX-License-Identifier: Apache-2.0

"""The policy for commands: oslo.policy's, and ``upgrade check``."""

import os

from oslo_config import cfg
from oslo_policy import policy

from keypair_ext import conf as keypair_conf, config_files, exception
from keypair_ext.policy import files, mistakes
from keypair_ext.policy.enforcer import RulesInForce, new_enforcer


def find_mistakes(conf: cfg.ConfigOpts) -> list[str]:
    """Return a sentence for each mistake in policy files and their options.

    More than stop the service: a file may have a rule refuse everybody only
    because it is misspelt.
    """
    source = files.PolicyFiles(conf)
    found = list(source.missing())
    try:
        in_force = RulesInForce(conf, source)
    except exception.ConfigurationError as error:
        return [*found, str(error)]
    enforcer, written = in_force.enforcer, in_force.written
    return [
        *found,
        *mistakes.undecidable(enforcer, written, enforcer.rules),
        *mistakes.unreadable(written),
        *mistakes.undefined(enforcer, written),
        *mistakes.misspelt(enforcer, written),
    ]


def get_enforcer() -> policy.Enforcer:
    """Return an enforcer for oslo.policy's command line tools.

    Its configuration is what ``--config-file`` names on their command lines,
    else that of the service, where there is one. A mistake in the files ends
    the tool with a sentence.
    """
    conf = cfg.CONF
    service = config_files.default_files()
    named = getattr(conf, 'config_file', None) or filter(
        os.path.exists, service
    )
    try:
        config_files.read_into(conf, list(named), keypair_conf.PROJECT)
        files.PolicyFiles(conf).read()
    except exception.ConfigurationError as error:
        raise SystemExit(str(error)) from None
    enforcer = new_enforcer(conf, use_conf=True)
    # oslopolicy-validator opens what the option says, wherever it is run.
    path = conf.find_file(enforcer.policy_file)
    if path:
        conf.set_override('policy_file', path, 'oslo_policy')
    return enforcer
