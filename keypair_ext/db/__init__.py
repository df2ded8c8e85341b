# SPDX-License-Identifier: Apache-2.0

"""All SQL: the table, its statements, its migrations and the store."""
