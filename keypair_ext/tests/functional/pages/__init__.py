# SPDX-License-Identifier: Apache-2.0

"""What ``make docs`` has built, as Chromium shows it."""
