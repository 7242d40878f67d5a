/* tools/carbide.c: the carbide command.
 *
 *     carbide nest blur.gen strip=64       runs  ./blur.gen nest strip=64
 *     carbide run blur.o in=photo.png out=blurred.png
 *
 * Everything about a program is known to the generator program itself, so those commands hand over
 * to it; what works on compiled pipelines is here.
 */
#include "../driver/commands.h"

#include "run.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void usage(FILE *f)
{
    fputs("usage: carbide COMMAND ...\n\n", f);
    for (unsigned i = 0; i < ncommands; i++)
        fprintf(f, "  %-12s GENERATOR [ARGUMENT ...]   %s\n", commands[i].word, commands[i].brief);
    fputs("  list-passes                              the passes of lowering\n"
          "  run          FILE NAME=VALUE ...         runs a compiled pipeline; see carbide run "
          "--help\n\n"
          "A GENERATOR is a program linked with -lcarbide_gen; GENERATOR --help shows its "
          "arguments.\n",
          f);
}

static int list_passes(void)
{
    for (unsigned i = 0; i < low_npasses; i++)
        printf("%-16s %s\n", low_passes[i].name, low_passes[i].brief);
    return 0;
}

/* The program is the first argument that is neither an option nor a setting. */
static int find_program(int argc, char **argv)
{
    for (int i = 2; i < argc; i++) {
        if (argv[i][0] == '-' && argv[i][1] && argv[i][1] != '-' && !argv[i][2])
            i++; /* -e OUTPUT and the like */
        else if (argv[i][0] != '-' && !strchr(argv[i], '='))
            return i;
    }
    return 0;
}

/* Becomes `PROGRAM WORD ARGUMENTS`; returns only when that fails. */
static int hand_over(int argc, char **argv)
{
    int at = find_program(argc, argv);
    char path[4096];
    if (!at) {
        fprintf(stderr, "carbide %s: which generator program?\n", argv[1]);
        usage(stderr);
        return 2;
    }
    char *program = argv[at];
    int n = snprintf(path, sizeof path, "%s%s", strchr(program, '/') ? "" : "./", program);
    if (n < 0 || (size_t)n >= sizeof path) {
        fprintf(stderr, "carbide %s: the name of the program is too long\n", argv[1]);
        return 2;
    }
    for (int i = at; i > 2; i--) /* the options before it come after the word */
        argv[i] = argv[i - 1];
    argv[2] = argv[1];
    argv[1] = path;
    execv(path, argv + 1);
    fprintf(stderr, "carbide %s: %s: %s\n", argv[2], path, strerror(errno));
    return 127;
}

int main(int argc, char **argv)
{
    const char *word = argc > 1 ? argv[1] : "";
    if (!strcmp(word, "--help") || !strcmp(word, "-h") || !strcmp(word, "help")) {
        usage(stdout);
        return 0;
    }
    if (!strcmp(word, "list-passes"))
        return list_passes();
    if (!strcmp(word, "run"))
        return run_main(argc - 1, argv + 1);
    if (command_find(word))
        return hand_over(argc, argv);
    if (*word)
        fprintf(stderr, "carbide: there is no command '%s'\n", word);
    usage(stderr);
    return 2;
}
