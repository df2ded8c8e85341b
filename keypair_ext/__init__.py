# SPDX-License-Identifier: Apache-2.0

"""Key pairs of OpenStack Compute, served by one WSGI application."""
