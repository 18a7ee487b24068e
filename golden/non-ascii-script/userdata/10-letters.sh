#!/bin/bash
# Grüße aus Zürich, 東京, 🦀
echo "naïve café"
