# SPDX-License-Identifier: Apache-2.0

import importlib.metadata

project = 'keypair_ext Release Notes'
copyright = 'The keypair_ext developers'
release = importlib.metadata.version('keypair-ext')
version = release

extensions = ['reno.sphinxext']
html_theme = 'furo'
html_title = project
html_static_path = ['../../doc/look']
html_css_files = ['keypair_ext.css']
