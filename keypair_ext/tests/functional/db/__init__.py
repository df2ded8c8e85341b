# SPDX-License-Identifier: Apache-2.0

"""The store on servers of databases; SQLite's is among the unit tests."""
