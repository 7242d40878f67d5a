# apps/apps.mk: the programs of apps/, part of the Makefile. Each app is apps/NAME/main.c, linked with the
# objects of the generators beside it.
