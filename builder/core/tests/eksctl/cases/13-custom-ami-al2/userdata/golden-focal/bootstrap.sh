#!/bin/bash
/etc/eks/bootstrap.sh golden
