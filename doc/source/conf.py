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
    'oslo_config.sphinxconfiggen',
    'oslo_config.sphinxext',
    'oslo_policy.sphinxext',
    'oslo_policy.sphinxpolicygen',
    'commands',
    'docstrings',
    'front_page',
    'microversion_history',
    'way_of_a_request',
]
# Few blocks are Python; those that are code say of which language.
highlight_language = 'none'
html_theme = 'furo'
html_title = f'keypair_ext {release}'
html_static_path = ['_static', '../look']
html_css_files = ['keypair_ext.css']

config_generator_config_file = '../../tools/config/config-generator.conf'
sample_config_basename = '_static/keypair_ext'
policy_generator_config_file = '../../tools/config/policy-generator.conf'
sample_policy_basename = '_static/keypair_ext'
