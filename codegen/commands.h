/* codegen/commands.h: what a generator program can show about its pipeline instead of writing
 * files:
 *
 *     blur.gen nest schedule=blur.cpu.sched strip=64
 */
#ifndef CB_COMMANDS_H
#define CB_COMMANDS_H

#include "codegen.h"

#include <carbide.h>

#include <stdio.h>

typedef struct command_options {
    FILE *out;
    const char *until; /* nest, lower: the last pass to run; NULL: the command's default */
    int rounds;        /* verify: sizes tried beyond those around the schedule's factors */
    uint64_t seed;     /* verify */
} command_options;

typedef struct command {
    const char *word, *brief;
    bool (*run)(pipeline *p, const cg_target *t,
                const command_options *o); /* false after a diagnostic */
} command;
extern const command commands[];
extern const unsigned ncommands;
const command *command_find(const char *word); /* NULL: there is none */

/* verify.c: compiled code against the reference interpreter at many sizes. */
bool verify_code(pipeline *p, cb_callable code, const command_options *o);
bool command_verify(pipeline *p, const cg_target *t, const command_options *o);

#endif
