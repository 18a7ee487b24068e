"""Prints what cloud-init makes of many documents: a JSON line for each line of base64 on standard input.

Runs under the system's Python, like cloudinit_parts.py, whose reader it is.
"""

import base64
import json
import sys

from cloudinit_parts import parts

for line in sys.stdin:
    print(json.dumps(parts(base64.b64decode(line))))
