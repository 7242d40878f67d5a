#!/bin/sh
# docs/features.md: every word of the language and of schedules with the test that uses it, and the hand-kept table
# tests/check/features.txt with what proves each row. A word that no test uses, or a row whose test does not exist,
# fails. UPDATE=1 writes the page.
new=$(mktemp) || exit 1
trap 'rm -f "$new"' EXIT
# tests that say something special about a word come first: those of counts, then values, then the rest
files=
for f in tests/unit/test_count*.c tests/unit/test_wrap.c tests/unit/test_specialize.c tests/unit/test_tuples.c \
    tests/unit/test_reduce.c tests/unit/test_scatter.c tests/unit/test_random.c tests/unit/test_domains.c tests/unit/test_lower.c \
    tests/unit/test_schedule.c tests/unit/test_*.c tests/math/*.c apps/*/*.c tests/nocompile/accepted.c; do
    case " $files " in *" $f "*) ;; *) [ -f "$f" ] && files="$files $f" ;; esac
done
# shellcheck disable=SC2086
awk -v update="$UPDATE" '
    function base(path) { sub(/^.*\//, "", path); sub(/\.(c|sh)$/, "", path); return path }
    function link(path, name) { return "[" base(path) "](../" path ")" (name == "" ? "" : " " name) }
    function note(word) { if (!(word in where)) where[word] = link(FILENAME, name) }
    FNR == 1 { name = "" }
    # ---- the words
    FILENAME == "include/carbide/dsl.h" {
        if ($0 ~ /^\/\* ---- /) { title = $0; sub(/^\/\* -+ /, "", title); sub(/ -+ \*\/$/, "", title) }
        if (match($0, /^#define [A-Za-z_0-9]+\(/)) {
            word = substr($0, 9, RLENGTH - 9)
            if (!(word in section)) { words[++nwords] = word; section[word] = title }
        }
        next
    }
    FILENAME ~ /directives\.def$/ {
        if (match($0, /^DIRECTIVE\([A-Z_]+, *[a-z_]+/)) {
            word = substr($0, RSTART, RLENGTH); sub(/^.*[, ]/, "", word)
            text = $0; sub(/"\)$/, "", text); sub(/^.*, *"/, "", text)
            brief[word] = text; directives[++ndirectives] = word
        }
        next
    }
    FILENAME == "include/carbide/ops.h" {
        if (match($0, /^ +X\([A-Z_0-9]+, [a-z_0-9]+, /)) {
            word = substr($0, RSTART, RLENGTH); sub(/, $/, "", word)
            id = word; sub(/^ +X\(/, "", id); sub(/,.*$/, "", id); sub(/^.* /, "", word); word_of[id] = word
            text = $0; sub(/^[^"]*"/, "", text); sub(/"\).*$/, "", text); brief[word] = text
        }
        next
    }
    FILENAME ~ /features\.txt$/ {
        if ($0 ~ /^## /) rows[++nrows] = $0
        else if ($0 !~ /^#/ && NF) rows[++nrows] = $0
        next
    }
    # ---- the tests. "covers: a, b" in a comment counts as the use of both by the function around it or next.
    /covers: / {
        rest = $0; sub(/^.*covers: /, "", rest); sub(/ *\*\/.*$/, "", rest); m = split(rest, c, /, */)
        if ($0 ~ /^\/\*/) { for (k = 1; k <= m; k++) pending[++npending] = c[k] }
        else for (k = 1; k <= m; k++) note(c[k])
        next
    }
    /^[a-z].*[ *][a-z_0-9]+\(/ && !/;$/ {
        name = $0; sub(/\(.*$/, "", name); sub(/^.*[ *]/, "", name); defined[base(FILENAME) ":" name] = FILENAME
        for (k = 1; k <= npending; k++) note(pending[k])
        npending = 0
        next
    }
    /^RIG_TEST\(/ {
        name = $0; sub(/^[A-Z_]*\(/, "", name); sub(/\).*$/, "", name); defined[base(FILENAME) ":" name] = FILENAME
        for (k = 1; k <= npending; k++) note(pending[k])
        npending = 0
        next
    }
    /^(COUNT_)?PROGRAM\(/ { name = $0; sub(/^[A-Z_]*\(/, "", name); sub(/,.*$/, "", name) }
    {
        rest = $0
        while (match(rest, /[A-Za-z_][A-Za-z_0-9]*\(/)) {
            note(substr(rest, RSTART, RLENGTH - 1)); rest = substr(rest, RSTART + RLENGTH)
        }
        rest = $0 # an operation by its id: IR_COS
        while (match(rest, /(IR|CB_OP)_[A-Z_0-9]+/)) {
            id = substr(rest, RSTART, RLENGTH); rest = substr(rest, RSTART + RLENGTH); sub(/^(IR|CB_OP)_/, "", id)
            if (id in word_of) note(word_of[id])
        }
    }
    END {
        print "# What there is, and the test of it\n"
        print "Made by `UPDATE=1 sh tests/check/features.sh` from `include/carbide/dsl.h`, `directives.def`, the table of operations and"
        print "`tests/check/features.txt`. `make test` compares it: a word that no test uses fails.\n"
        print "## Features\n"
        for (i = 1; i <= nrows; i++) {
            if (rows[i] ~ /^## /) {
                print (i > 1 ? "\n" : "") "### " substr(rows[i], 4) "\n\n| feature | here | state | test |\n|---|---|---|---|"; continue
            }
            n = split(rows[i], c, / *\| */); split(c[n], how, " "); ours = c[2]
            for (k = 3; k < n; k++) ours = ours " \\| " c[k]
            state = "done"; test = ""
            if (how[1] == "word") { if (how[2] in section) test = where[how[2]]; else { state = "missing"; missing++ } }
            else if (how[1] == "test") {
                t = how[2]; sub(/^.*:/, "", t); f = how[2]; sub(/:.*$/, "", f)
                if (how[2] in defined) test = link(defined[how[2]], t)
                else { print "features.txt: there is no test " how[2] > "/dev/stderr"; bad = 1 }
            } else if (how[1] == "script") {
                t = how[2]; sub(/^.*:/, "", t); f = how[2]; sub(/:.*$/, "", f); f = "tests/check/" f ".sh"; found = 0
                while ((getline line < f) > 0) if (index(line, t)) found = 1
                close(f)
                if (found) test = link(f, t)
                else { print "features.txt: " f " does not have " t > "/dev/stderr"; bad = 1 }
            } else if (how[1] == "no" || how[1] == "later") state = how[1]
            else { print "features.txt: what is " how[1] "?" > "/dev/stderr"; bad = 1 }
            if (state == "done") done++
            print "| " c[1] " | " ours " | " state " | " test " |"
        }
        print "\n" done " done, " missing + 0 " missing.\n"
        print "## Directives\n\n| word | meaning | test |\n|---|---|---|"
        for (i = 1; i <= ndirectives; i++) {
            w = directives[i]
            if (!(w in where)) { print "directive " w " is in no test" > "/dev/stderr"; bad = 1 }
            text = brief[w]; gsub(/\|/, "\\|", text); print "| `" w "` | " text " | " where[w] " |"; is_directive[w] = 1
        }
        print "\n## Words of the language\n"
        old = ""
        for (i = 1; i <= nwords; i++) {
            w = words[i]
            if (w in is_directive) continue
            if (!(w in where)) { print "word " w " is in no test" > "/dev/stderr"; bad = 1 }
            if (section[w] != old) print (old == "" ? "" : "\n") "### " section[w] "\n\n| word | meaning | test |\n|---|---|---|"
            old = section[w]
            text = brief[w]; gsub(/\|/, "\\|", text)
            print "| `" w "` | " text " | " where[w] " |"
        }
        exit bad
    }' include/carbide/dsl.h include/carbide/directives.def include/carbide/ops.h tests/check/features.txt $files >"$new"
code=$?
[ "$(wc -l <"$new")" -gt 150 ] || { echo "the page is too short"; exit 1; }
if [ -n "$UPDATE" ]; then cat "$new" >docs/features.md; fi
diff docs/features.md "$new" || { echo "run: UPDATE=1 sh tests/check/features.sh"; exit 1; }
exit $code
