#!/usr/bin/env python3
import pathlib
pathlib.Path("/etc/motd").write_text("This node is cattle.\n")
