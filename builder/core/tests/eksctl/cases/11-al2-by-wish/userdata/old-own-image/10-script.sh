#!/bin/bash
echo preparing
