# SPDX-License-Identifier: Apache-2.0

"""Tests of the whole, over HTTP and against real servers."""
