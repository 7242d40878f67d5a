/* tools/run.h: `carbide run`. */
#ifndef CB_RUN_H
#define CB_RUN_H

/* carbide run FILE NAME=VALUE ...; argv[0] is "run". The exit status is returned. */
int run_main(int argc, char **argv);

#endif
