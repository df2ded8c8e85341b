# SPDX-License-Identifier: Apache-2.0

"""The DevStack plugin, run through every phase in a harness."""
