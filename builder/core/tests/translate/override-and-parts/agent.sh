#!/bin/bash
yum install -y agent
