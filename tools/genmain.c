/* tools/genmain.c: the main of generator programs. It is a library of its own (libcarbide_gen.a), so that a
 * program with a main can use everything else; the records it passes on are those of the program it
 * is linked into.
 */
#include <carbide.h>

CB_API int main(int argc, char **argv);

int main(int argc, char **argv) { return cb_generator_main(argc, argv, CB_REGISTRY); }
