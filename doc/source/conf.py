# SPDX-License-Identifier: Apache-2.0

import importlib.metadata
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'ext'))

project = 'keypair_ext'
copyright = 'The keypair_ext developers'
release = importlib.metadata.version('keypair-ext')
version = release

extensions = [
    'openstackdocstheme',
    'oslo_config.sphinxconfiggen',
    'oslo_config.sphinxext',
    'oslo_policy.sphinxext',
    'oslo_policy.sphinxpolicygen',
    'docstrings',
    'microversion_history',
    'way_of_a_request',
]
html_theme = 'openstackdocs'
html_static_path = ['_static']
html_theme_options = {'show_other_versions': False}
pygments_style = 'native'
openstackdocs_auto_name = False
openstackdocs_auto_version = False
openstackdocs_repo_name = 'keypair-ext'

config_generator_config_file = '../../tools/config/config-generator.conf'
sample_config_basename = '_static/keypair_ext'
policy_generator_config_file = '../../tools/config/policy-generator.conf'
sample_policy_basename = '_static/keypair_ext'
