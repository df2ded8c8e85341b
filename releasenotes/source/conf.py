# SPDX-License-Identifier: Apache-2.0

import importlib.metadata

project = 'keypair_ext Release Notes'
copyright = 'The keypair_ext developers'
release = importlib.metadata.version('keypair-ext')
version = release

extensions = ['openstackdocstheme', 'reno.sphinxext']
html_theme = 'openstackdocs'
html_theme_options = {'show_other_versions': False}
pygments_style = 'native'
openstackdocs_auto_name = False
openstackdocs_auto_version = False
openstackdocs_repo_name = 'keypair-ext'
