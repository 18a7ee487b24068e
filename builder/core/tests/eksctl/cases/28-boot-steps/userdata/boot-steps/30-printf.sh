#!/bin/bash
printf 'a very long line that nobody wants to read inside of a spec, because it goes on and on and on'
