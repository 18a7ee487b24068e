#!/usr/bin/env python3
print("a step can name its own interpreter")
