# SPDX-License-Identifier: Apache-2.0

"""The clients that people have, against the test bed as a child process."""
