#!/bin/sh
# Every operation of ir/ir.def is in docs/ir.md, which describes the text form of all of them. Constants, variables and
# texts have a syntax of their own there.
bad=0 n=0
page=$(tr '`|(),' '     ' <docs/ir.md | sed 's/\\ \\ /||/g; s/\\ / | /g' | tr -s ' ' '\n' | sort -u)
for word in $(sed -n 's/^IR_OP([A-Z_0-9]*, *"\([^"]*\)".*/\1/p' ir/ir.def | sed "s/\*/star/"); do
    n=$((n + 1))
    [ "$word" = star ] && word='*'
    case $word in int|float|string|var) continue ;; esac
    echo "$page" | grep -qxF -e "$word" || { echo "docs/ir.md has no operation $word"; bad=1; }
done
[ $n -gt 100 ] || { echo "no operations found"; bad=1; }
exit $bad
