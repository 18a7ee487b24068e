"""Prints what cloud-init makes of a user-data files: its own UserDataProcessor, and nothing of ours.

Runs under the system's Python, where Debian's cloud-init package is: `/usr/bin/python3 cloudinit_parts.py FILE…`.
Writes a line of JSON for each file: for each part its type, its file name, and in base64 the bytes that
cloud-init hands to the handler of that type.
"""

import base64
import json
import sys
import tempfile

from cloudinit import helpers, user_data, util


def parts(blob: bytes) -> list[dict[str, str]]:
    with tempfile.TemporaryDirectory() as folder:
        paths = helpers.Paths({"cloud_dir": folder, "run_dir": folder})
        message = user_data.UserDataProcessor(paths).process(blob)
    found = []
    for part in message.walk():
        if part.get_content_maintype() == "multipart":
            continue
        payload = util.fully_decoded_payload(part)
        if isinstance(payload, str):
            # what cloud-init's write_file does with text
            payload = payload.encode("utf-8", "surrogateescape")
        found.append(
            {
                "type": part.get_content_type(),
                "name": part.get_filename(),
                "body": base64.b64encode(payload).decode("ascii"),
            }
        )
    return found


if __name__ == "__main__":
    for path in sys.argv[1:]:
        with open(path, "rb") as file:
            print(json.dumps(parts(file.read())))
