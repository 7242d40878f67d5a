/* tests/errors/memory.h: memory that runs out, see memory.c. */
#ifndef ERRORS_MEMORY_H
#define ERRORS_MEMORY_H

void memory_tests(int *passed, int *failed);

#endif
