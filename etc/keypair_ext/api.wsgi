# What Apache loads with mod_wsgi. The configuration is beside this file;
# SetEnv of Apache does not reach so far.
import os

os.environ['OS_KEYPAIR_EXT_CONFIG_DIR'] = os.path.dirname(__file__)

from keypair_ext.wsgi.api import application  # noqa: E402, F401
