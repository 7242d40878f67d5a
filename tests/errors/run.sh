#!/bin/sh
# Every mistake has its message, word for word; see main.c. UPDATE=1 writes the messages anew.
"${B:-build}/tests/errors" tests/errors
