# SPDX-License-Identifier: Apache-2.0

"""Rally's key pair scenarios against both mounts."""
