/* driver/commands.h: what a generator program can show about its pipeline instead of writing
 * files:
 *
 *     blur.gen nest schedule=blur.cpu.sched strip=64
 */
#ifndef CB_COMMANDS_H
#define CB_COMMANDS_H

#include "../codegen/codegen.h"

#include <carbide.h>

#include <stdio.h>

typedef struct command_options {
    FILE *out;
    const char *until; /* nest, lower: the last pass to run; NULL: the command's default */
    const char *program, *settings; /* how the command was called: "./blur.gen", " -g blur radius=3" */
    const char *dir;                /* where files go; NULL: here */
    /* verify and fuzz */
    int rounds;    /* verify: sizes tried beyond those around the schedule's factors */
    uint64_t seed, first, cases;
    int jobs;
    double time;   /* seconds; 0: no limit */
    const char *certificate; /* its path; NULL: DIR/NAME.COMMAND.cert */
    const char *check;       /* verify: a certificate to be checked again */
    const char *resume;      /* fuzz: a certificate to go on from */
    const char *trial;       /* verify: this one only */
    bool progress, quiet, json, no_files;
} command_options;

typedef struct command {
    const char *word, *brief;
    bool (*run)(pipeline *p, const cg_target *t,
                const command_options *o); /* false after a diagnostic */
} command;
extern const command commands[];
extern const unsigned ncommands;
const command *command_find(const char *word); /* NULL: there is none */

/* verify.c: compiled code against the reference interpreter at many sizes; code may be from another program. */
bool verify_code(pipeline *p, cb_callable code, const command_options *o);
bool command_verify(pipeline *p, const cg_target *t, const command_options *o);
/* fuzz.c: the same for random schedules. */
bool command_fuzz(pipeline *p, const cg_target *t, const command_options *o);

#endif
