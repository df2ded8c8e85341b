# SPDX-License-Identifier: Apache-2.0

"""HTTP in, HTTP out: the only room that knows requests and responses."""
