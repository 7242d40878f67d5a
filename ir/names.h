/* ir/names.h: names of symbols for the printers. Symbols are numbers and several may bear one name;
 * in print the first to appear keeps it and the others get .1, .2, ...: the text depends on the
 * structure of what is printed only. Inside ir/ only. */
#ifndef CB_IR_NAMES_H
#define CB_IR_NAMES_H

#include "ir.h"

typedef struct ir_names {
    cb_context *ctx;
    map of;    /* symbol -> its printed name */
    map taken; /* printed name (interned) -> next number to try */
    void (*fresh)(void *env, ir_sym s, const char *name); /* told of each new name; may be NULL */
    void *env;
} ir_names;

/* The printed name of s. */
const char *ir_name_for(ir_names *N, ir_sym s);

/* Appends a float so that reading it back in type t gives the same value: "0.1", "3.0", "inf". */
void ir_put_float(text *t, cb_type type, double v);
/* Appends an integer constant of type t. */
void ir_put_int(text *t, cb_type type, int64_t v);
/* Appends s in double quotes with C escapes. */
void ir_put_quoted(text *t, const char *s);

extern const char *const ir_loop_words[]; /* by ir_loop_kind, as the textual IR spells them */
extern const char *const ir_device_words[];
extern const char *const ir_memory_words[];
extern const char *const ir_partition_words[];
extern const char *const ir_field_words[];
extern const char *const ir_sym_kind_words[];
enum { IR_LOOP_WORDS = 7, IR_DEVICE_WORDS = 4, IR_MEMORY_WORDS = 5, IR_PARTITION_WORDS = 3,
       IR_SYM_KIND_WORDS = 12 };

#endif
