#!/usr/bin/env python3
print("an interpreter of its own")
