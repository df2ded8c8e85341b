# SPDX-License-Identifier: Apache-2.0

"""The filter in Nova's api-paste.ini: read, mounted, taken out again."""
