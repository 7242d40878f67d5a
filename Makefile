# Carbide's build. ./configure writes config.mk; everything made goes below $(B).
#
#   make B=../mine         another build directory (its own config.mk there, if it has one, wins)
#   make TOLERANT=1        a source that does not compile is reported and left out of the library
#   make V=1               print the commands
#
# A layer is a folder of .c files, found by wildcard: adding a file needs no change here.

MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:
.SECONDARY:

B ?= build
-include $(firstword $(wildcard $(B)/config.mk) config.mk)
ifeq ($(CC_CONFIGURED)$(filter help clean distclean,$(MAKECMDGOALS)),)
$(error Run ./configure first)
endif

# With PLANT=1 the bugs of ir/planted.def can be switched on; what is made goes below $(B)/plant.
ifneq ($(PLANT),)
override B := $(B)/plant
endif

VERSION := 0.1.0
Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-8s %s\n' $(1) $(2))

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Werror
# Sanitizers' checks confuse two of gcc's warnings.
SAN_WARN := $(if $(SAN_FLAGS),-Wno-unknown-warning-option -Wno-format-truncation -Wno-maybe-uninitialized)
ALL_CFLAGS = -std=c11 $(OPT) -fPIC -fvisibility=hidden -pthread $(WARN) $(SAN_FLAGS) $(SAN_WARN) $(CONF_CFLAGS)
ALL_CPPFLAGS = -Iinclude -I$(B)/gen -MMD -MP $(if $(filter yes,$(DEBUG)),-DCB_DEBUG) $(if $(PLANT),-DCB_PLANT)
ALL_LDFLAGS = -pthread $(SAN_FLAGS) $(CONF_LDFLAGS)
LIBS = $(LLVM_LIBS) $(FFI_LIBS) $(IMAGE_LIBS) -lpthread -lm

# ---- what there is ----------------------------------------------------------------------------------

LAYERS := support ir dsl lower codegen driver
MAINS := tools/carbide.c tools/genmain.c tools/mkrules.c
objects = $(patsubst %.c,$(B)/obj/%.o,$(1))

LAYER_OBJ := $(call objects,$(sort $(wildcard $(LAYERS:%=%/*.c))))
RUNTIME_OBJ := $(call objects,$(sort $(wildcard runtime/*.c)))
TOOL_OBJ := $(call objects,$(sort $(filter-out $(MAINS),$(wildcard tools/*.c))))
UNIT := $(patsubst tests/unit/%.c,%,$(sort $(wildcard tests/unit/test_*.c)))
GENERATORS := $(shell grep -l '^Generator[[:punct:]]' /dev/null $(sort $(wildcard apps/*/*.c)))
APPS := $(patsubst apps/%/main.c,%,$(sort $(wildcard apps/*/main.c)))
RULES := $(if $(wildcard lower/simplify.rules tools/mkrules.c),$(B)/gen/simplify_rules.inc)

PUBLIC_LIBS := $(B)/libcarbide.a $(B)/libcarbide_runtime.a $(B)/libcarbide_runtime.so \
               $(B)/libcarbide_imageio.a $(B)/libcarbide_gen.a
PROGRAMS := $(if $(wildcard tools/carbide.c),$(B)/carbide)

all: $(B)/libcarbide_all.a $(PUBLIC_LIBS) $(PROGRAMS) ## the libraries and the carbide command (default)
.PHONY: all

# ---- compiling --------------------------------------------------------------------------------------

# With TOLERANT=1 a source that fails leaves no object, and the archives take those that exist.
give_up = $(if $(TOLERANT),{ rm -f $@; echo "  LEFT OUT $<"; },false)

$(B)/obj/%.o: %.c
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_CPPFLAGS) $(FLAGS_$(firstword $(subst /, ,$<))) -c $< -o $@ || $(give_up)

FLAGS_codegen = $(LLVM_CFLAGS) $(FFI_CFLAGS)
FLAGS_driver = -DCB_VERSION='"$(VERSION)"'
FLAGS_tools = $(LLVM_CFLAGS) $(FFI_CFLAGS) $(IMAGE_CFLAGS)

-include $(shell find $(B)/obj $(B)/unit -name '*.d' 2>/dev/null)

# The simplifier's rules become a table in C; the program that does it is built first.
$(B)/bin/mkrules: $(B)/obj/tools/mkrules.o
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) $< -o $@
$(B)/gen/simplify_rules.inc: lower/simplify.rules $(B)/bin/mkrules
	$(call say,GEN,$@)
	@mkdir -p $(@D)
	$(Q)$(B)/bin/mkrules $< >$@
$(filter $(B)/obj/lower/%,$(LAYER_OBJ)) $(UNIT:%=$(B)/unit/%): | $(RULES)

# What the compiler was built from, as a number: code that another one made is not taken for its own.
$(B)/gen/compiler_id.inc: $(sort $(wildcard $(foreach l,$(LAYERS),$(l)/*.[ch] $(l)/*.def $(l)/*.inc $(l)/*.rules) include/*.h include/carbide/*))
	$(call say,GEN,$@)
	@mkdir -p $(@D)
	$(Q)printf '#define COMPILER_ID "%s"\n' "$$(cat $^ | cksum | tr ' ' .)" >$@
$(B)/obj/driver/cache.o: $(B)/gen/compiler_id.inc

# ---- libraries --------------------------------------------------------------------------------------

there = $(if $(TOLERANT),$$(ls -U $^ 2>/dev/null),$^)

# Everything, visible: for unit tests and the carbide command.
$(B)/libcarbide_all.a: $(LAYER_OBJ) $(RUNTIME_OBJ) $(TOOL_OBJ)
	$(call say,AR,$@)
	$(Q)rm -f $@; $(AR) rcs $@ $(there)

# For users: one object per library in which only CB_API names are left global.
define sealed
	$(call say,SEAL,$@)
	@mkdir -p $(@D)
	$(Q)rm -f $@
	$(Q)$(if $^,$(LD) -r $(there) -o $(@:.a=.o) && $(OBJCOPY) --localize-hidden $(@:.a=.o))
	$(Q)$(AR) rcs $@ $(if $^,$(@:.a=.o))
endef
$(B)/libcarbide.a: $(LAYER_OBJ); $(sealed)
$(B)/libcarbide_runtime.a: $(RUNTIME_OBJ); $(sealed)
$(B)/libcarbide_imageio.a: $(filter %/imageio.o,$(TOOL_OBJ)); $(sealed)
# The main() of generators; apart, so that libcarbide.a has none.
$(B)/libcarbide_gen.a: $(call objects,$(wildcard tools/genmain.c)); $(sealed)

$(B)/libcarbide_runtime.so: $(RUNTIME_OBJ)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -shared -Wl,-soname,libcarbide_runtime.so.0 $(ALL_LDFLAGS) $^ -o $@ -lpthread -lm

$(B)/carbide: $(B)/obj/tools/carbide.o $(B)/libcarbide_all.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -rdynamic $^ -o $@ $(LIBS)

# ---- generators and apps ----------------------------------------------------------------------------

CARBIDE_INCLUDE := include
CARBIDE_LIBDIR := $(B)
CARBIDE_LIBS = $(LLVM_LIBS) $(FFI_LIBS)
CARBIDE_GEN := $(B)/gen
include carbide.mk
$(foreach g,$(GENERATORS),$(eval $(call carbide_generator,$(basename $(notdir $(g))),$(g))))

gen: $(foreach g,$(GENERATORS),$(CARBIDE_GEN)/$(basename $(notdir $(g)))/$(basename $(notdir $(g))).o) ## every generator's object and header
.PHONY: gen

include apps/apps.mk

# ---- tests ------------------------------------------------------------------------------------------

$(B)/unit/%: tests/unit/%.c $(B)/libcarbide_all.a
	$(call say,TEST,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_CPPFLAGS) $(LLVM_CFLAGS) $(FFI_CFLAGS) $(IMAGE_CFLAGS) $(CMOCKA_CFLAGS) \
	  $(ALL_LDFLAGS) -rdynamic $(filter %.c %.a,$^) -o $@ $(CMOCKA_LIBS) $(LIBS) \
	  || $(give_up)

# A folder tests/NAME with a main.c is one program, $(B)/tests/NAME; the scripts beside it run it.
SUITES := $(patsubst tests/%/main.c,%,$(sort $(wildcard tests/*/main.c)))
define suite
$(B)/tests/$(1): $$(call objects,$$(sort $$(wildcard tests/$(1)/*.c))) $(B)/libcarbide_all.a
	$$(call say,LINK,$$@)
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(ALL_LDFLAGS) -rdynamic $$(there) -o $$@ $$(LIBS) $$(if $$(filter math,$(1)),$$(MPFR_LIBS)) || $$(give_up)
endef
$(foreach s,$(SUITES),$(eval $(call suite,$(s))))
FLAGS_tests = $(LLVM_CFLAGS) $(FFI_CFLAGS) $(MPFR_CFLAGS)

T ?=
chosen = $(if $(T),$(findstring $(T),$(1)),yes)
TESTS := $(foreach u,$(UNIT),$(if $(call chosen,$(u)),$(B)/unit/$(u)))
CHECKS := $(strip $(foreach c,$(sort $(filter-out tests/fuzz/planted%.sh,$(wildcard tests/*/*.sh))),$(if $(call chosen,$(c)),$(c))))

test: $(TESTS) $(if $(CHECKS),$(if $(TOLERANT),$(PUBLIC_LIBS),all apps $(SUITES:%=$(B)/tests/%))) ## build and run the tests; T=word runs those whose name has the word
	$(Q)+B='$(B)' CC='$(CC)' CLANG='$(CLANG)' V='$(V)' WRAP='$(WRAP)' MAKE='$(MAKE)' SANITIZED='$(SAN_FLAGS)' LIBS='$(LIBS)' \
	  LLVM_CFLAGS='$(LLVM_CFLAGS)' LLVM_MAJOR='$(firstword $(subst ., ,$(LLVM_VERSION)))' \
	  sh tests/run $(TESTS) $(CHECKS)
check: test ## the same as test

CASES ?= 20000
SEED ?= 1
fuzz: $(B)/tests/fuzz ## CASES random programs and schedules (20000) of stream SEED (1), and what they contained
	$(Q)$< --cases $(CASES) --seed $(SEED) --jobs 2 --histogram --coverage
# What is tested, as a word: the commit, or "local" with changes that are not committed.
TESTED = $(shell git diff --quiet HEAD 2>/dev/null && git rev-parse --short HEAD || echo local)
SEEDS ?= 1 2 3 4 5
LEDGER ?= fuzz.ledger
fuzz-run: $(B)/tests/fuzz ## CASES of each of SEEDS, kept in LEDGER (fuzz.ledger) piece by piece: may be stopped and goes on
	$(Q)for s in $(SEEDS); do $< --cases $(CASES) --seed $$s --jobs 2 --ledger $(LEDGER) --version $(TESTED) || exit 1; done
	$(Q)$< --summary $(LEDGER) --version $(TESTED) --histogram
fuzz-run-asan: ## the same with the address and undefined behaviour sanitizers
	$(call reconfigure,asan,address$(comma)undefined)
	$(Q)+$(MAKE) --no-print-directory B='$(B)/asan' '$(B)/asan/tests/fuzz'
	$(Q)ulimit -s 65536; for s in $(SEEDS); do '$(B)/asan/tests/fuzz' --cases $(CASES) --seed $$s --jobs 2 --only-o0 --piece 250 \
	  --ledger $(LEDGER) --version $(TESTED)+asan || exit 1; done
	$(Q)'$(B)/asan/tests/fuzz' --summary $(LEDGER) --version $(TESTED)+asan
.PHONY: fuzz-run fuzz-run-asan
test-planted: ## the random tester finds bugs put in on purpose
	$(Q)+$(MAKE) PLANT=1 B='$(B)' '$(B)/plant/tests/fuzz' '$(B)/plant/gen/blur/blur.gen'
	$(Q)sh tests/fuzz/planted.sh '$(B)/plant/tests/fuzz'
	$(Q)sh tests/fuzz/planted_user.sh '$(B)/plant/gen/blur/blur.gen'
.PHONY: test check fuzz test-planted

# Each has a build directory of its own, made by configure as this one was.
reconfigure = $(Q)mkdir -p $(B)/$(1) && ./configure --builddir=$(B)/$(1) --with-llvm=$(firstword $(subst ., ,$(LLVM_VERSION))) \
	--enable-sanitizers=$(2) CC='$(CC)' >$(B)/$(1)/configure.out 2>&1 || { cat $(B)/$(1)/configure.out; false; }
THREADED := determinism runtime codegen
test-asan: ## unit tests, apps, mistakes and 200 random programs, with the address and undefined behaviour sanitizers
	$(call reconfigure,asan,address$(comma)undefined)
	$(Q)+$(MAKE) --no-print-directory B='$(B)/asan' T=test_ test
	$(Q)+for t in apps errors/run; do $(MAKE) --no-print-directory B='$(B)/asan' T=$$t test || exit 1; done
	$(Q)+$(MAKE) --no-print-directory B='$(B)/asan' '$(B)/asan/tests/fuzz'
	$(Q)'$(B)/asan/tests/fuzz' --cases 200 --seed 77
test-tsan: ## what runs in threads, with the thread sanitizer
	$(call reconfigure,tsan,thread)
	$(Q)+for t in $(THREADED); do $(MAKE) --no-print-directory B='$(B)/tsan' T=test_$$t test || exit 1; done
memcheck = $(VALGRIND) -q --error-exitcode=9 --leak-check=full --show-leak-kinds=definite \
	--errors-for-leak-kinds=definite
test-valgrind: $(B)/carbide gen ## some unit tests, and the making and running of an app's code, under valgrind
	$(if $(VALGRIND),,$(error valgrind was not found by configure))
	$(Q)+for t in support ir api; do $(MAKE) --no-print-directory B='$(B)' T=test_$$t WRAP='$(memcheck)' test || exit 1; done
	$(Q)mkdir -p $(B)/valgrind
	$(Q)$(memcheck) $(B)/gen/blur/blur.gen -o $(B)/valgrind -e object,lowered target=x86-64-linux-avx2 \
	  schedule=apps/blur/blur.cpu.sched
	$(Q)$(memcheck) $(B)/gen/blur/blur.gen verify --no-files --rounds=1 target=x86-64-linux-avx2 schedule=apps/blur/blur.cpu.sched
comma := ,
sanitize: test-asan test-tsan test-valgrind ## all three
.PHONY: test-asan test-tsan test-valgrind sanitize

# ---- installing -------------------------------------------------------------------------------------

prefix ?= /usr/local
libdir ?= $(prefix)/lib
D = $(DESTDIR)
HEADERS := $(sort $(wildcard include/*.h include/carbide/*.h include/carbide/*.def))
INSTALLED = $(HEADERS:%=$(prefix)/%) $(PUBLIC_LIBS:$(B)/%=$(libdir)/%) $(libdir)/libcarbide_runtime.so.0 \
            $(libdir)/pkgconfig/carbide.pc $(libdir)/pkgconfig/carbide-runtime.pc \
            $(prefix)/share/carbide/carbide.mk $(PROGRAMS:$(B)/%=$(prefix)/bin/%)

PC_EDIT = sed -e 's|@prefix@|$(prefix)|' -e 's|@libdir@|$(libdir)|' -e 's|@VERSION@|$(VERSION)|' \
            -e 's|@LLVM_LIBS@|$(strip $(LLVM_LIBS))|' -e 's|@FFI_LIBS@|$(strip $(FFI_LIBS))|'

install: all ## install below prefix (DESTDIR= is honoured)
	$(Q)install -d $(D)$(prefix)/bin $(D)$(prefix)/include/carbide $(D)$(libdir)/pkgconfig $(D)$(prefix)/share/carbide
	$(Q)for h in $(HEADERS); do install -m 644 $$h $(D)$(prefix)/$$h || exit 1; done
	$(Q)install -m 644 $(filter %.a,$(PUBLIC_LIBS)) $(D)$(libdir)
	$(Q)install -m 755 $(B)/libcarbide_runtime.so $(D)$(libdir)/libcarbide_runtime.so.0
	$(Q)ln -sf libcarbide_runtime.so.0 $(D)$(libdir)/libcarbide_runtime.so
	$(Q)for p in carbide carbide-runtime; do $(PC_EDIT) $$p.pc.in >$(D)$(libdir)/pkgconfig/$$p.pc || exit 1; done
	$(Q)install -m 644 carbide.mk $(D)$(prefix)/share/carbide
	$(Q)$(if $(PROGRAMS),install -m 755 $(PROGRAMS) $(D)$(prefix)/bin)
uninstall: ## remove what install put there
	$(Q)rm -f $(addprefix $(D),$(INSTALLED))
	$(Q)rmdir $(D)$(prefix)/include/carbide $(D)$(prefix)/share/carbide 2>/dev/null || true
.PHONY: install uninstall

clean: ## remove what was built
	rm -rf $(B)/obj $(B)/gen $(B)/bin $(B)/unit $(B)/tests $(B)/apps $(B)/demo $(B)/bench $(B)/*.a $(B)/*.o $(B)/*.so $(B)/carbide
distclean: ## remove also what configure wrote
	rm -rf build config.mk config.log
.PHONY: clean distclean

help: ## this list
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "%-18s %s\n", $$1, $$2}'
	@echo '  Variables: V=1 (commands), B=DIR (build directory), T=word (some tests), TOLERANT=1, WARN= (no warnings)'
.PHONY: help
