# apps/apps.mk: the programs of apps/ (part of the Makefile). An app is apps/NAME/main.c, linked with the object of the
# generator apps/NAME/NAME.c. Its plain C versions are compiled for this machine at -O3: they are what we compare with.

APP_CFLAGS = -std=c11 -O3 -march=native -Wall -Wextra -Wpedantic -Wshadow -Werror $(SAN_FLAGS) $(CONF_CFLAGS)
APP_LIBS = $(B)/libcarbide_imageio.a $(B)/libcarbide_runtime.a $(IMAGE_LIBS) -lpthread -lm
APP_HEADERS := $(wildcard apps/common/*.h)
APP_DEPS = $(B)/libcarbide_imageio.a $(B)/libcarbide_runtime.a

define app_program
$(B)/apps/$(1): apps/$(1)/main.c $$(APP_HEADERS) $$($(1)_OBJ) $$($(1)_HDR) $$(APP_DEPS)
	$$(call say,APP,$$@)
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(APP_CFLAGS) -Iinclude -Iapps/common -I$$(CARBIDE_GEN)/$(1) $$< $$($(1)_OBJ) -o $$@ $$(APP_LIBS)
endef
$(foreach a,$(APPS),$(eval $(call app_program,$(a))))

apps: $(APPS:%=$(B)/apps/%) ## the programs of apps/
.PHONY: apps

# ---- make demo --------------------------------------------------------------------------------------

# The picture to filter; without one, a picture that the generator apps/scene draws.
IMAGE ?=
DEMO := $(B)/demo
# The apps that filter a picture.
PICTURES := $(patsubst apps/%/main.c,%,$(shell grep -lE 'app_arguments|app_filter_main' $(wildcard apps/*/main.c)))

demo: apps ## filter a picture with each app: make demo IMAGE=photo.jpg
	@mkdir -p $(DEMO)
	$(Q)$(if $(IMAGE),,$(B)/apps/scene $(DEMO)/scene.png)
	@echo; echo 'The loop nest of blur, from apps/blur/blur.c and apps/blur/blur.cpu.sched:'; echo
	$(Q)$(blur_DIR)/blur.gen -o $(DEMO) -e nest schedule=apps/blur/blur.cpu.sched && cat $(DEMO)/blur.nest
	$(Q)for a in $(PICTURES); do echo; \
	  $(B)/apps/$$a $(or $(IMAGE),$(DEMO)/scene.png) $(DEMO)/$$a.png || exit 1; done
.PHONY: demo

# ---- make bench: the apps against Halide ---------------------------------------------------------------

# An app with a bench.c, a table of sizes, is measured by apps/common/bench.c: by its first schedule, which is the peer's,
# by NAME.best.sched when there is one, and against peer_halide.cpp when configure found Halide.
BENCHED := $(filter-out common,$(patsubst apps/%/bench.c,%,$(sort $(wildcard apps/*/bench.c))))
BENCH := $(B)/bench
BENCH_DEPS = $(BENCH)/limits.o $(wildcard apps/common/*.h) $(APP_DEPS)

$(BENCH)/limits.o: apps/common/limits.c apps/common/limits.h
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(APP_CFLAGS) -Iinclude -c $< -o $@

$(BENCH)/chart: apps/common/chart.c apps/common/table.h
	$(call say,APP,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(APP_CFLAGS) $< -o $@ -lm

define bench_program
$(1)_BEST := $$(if $$(wildcard apps/$(1)/$(1).best.sched),$$(BENCH)/$(1)_best.o)
$(1)_PEER := $$(if $$(HALIDE_LIBS),$$(if $$(wildcard apps/$(1)/peer_halide.cpp),$$(BENCH)/halide_$(1).a))

# Another schedule: no compiling, the generator runs again.
$$(BENCH)/$(1)_best.o: apps/$(1)/$(1).best.sched $$($(1)_OBJ)
	$$(call say,GEN,$$@)
	@mkdir -p $$(@D)
	$$(Q)$$($(1)_DIR)/$(1).gen -n $(1)_best -o $$(@D) schedule=$$<

$$(BENCH)/peer_$(1): apps/$(1)/peer_halide.cpp apps/common/peer.hpp
	$$(call say,PEER,$$@)
	@mkdir -p $$(@D)
	$$(Q)g++ -std=c++17 -O2 -Iapps/common $$(HALIDE_CFLAGS) $$< -o $$@ $$(HALIDE_LIBS)
$$(BENCH)/halide_$(1).a: $$(BENCH)/peer_$(1)
	$$(call say,GEN,$$@)
	$$(Q)cd $$(@D) && ./peer_$(1) halide_$(1)

$$(BENCH)/$(1): apps/common/bench.c apps/$(1)/bench.c $$(BENCH_DEPS) $$($(1)_OBJ) $$($(1)_BEST) $$($(1)_PEER)
	$$(call say,BENCH,$$@)
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(APP_CFLAGS) -Iinclude -Iapps/common $$(HALIDE_CFLAGS) -DAPP=$(1) $$(if $$($(1)_BEST),-DBEST) \
	  $$(if $$($(1)_PEER),-DHALIDE) apps/common/bench.c apps/$(1)/bench.c $$(BENCH)/limits.o $$($(1)_OBJ) $$($(1)_BEST) \
	  $$($(1)_PEER) -o $$@ $$(APP_LIBS) $$(if $$($(1)_PEER),-ldl -lstdc++)
endef
$(foreach a,$(BENCHED),$(eval $(call bench_program,$(a))))

APP ?= $(BENCHED)
ROUNDS ?= 21
VERSIONS = $(shell sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | sed 1q); LLVM $(LLVM_VERSION)$(if $(HALIDE_LIBS),; Halide $(HALIDE_VERSION))

# The pool is measured when all apps are.
bench: POOL = $(if $(filter-out $(APP),$(BENCHED)),,pool=$(BENCH)/pool.json)
bench: $(BENCH)/chart $(BENCH)/pool $(APP:%=$(BENCH)/%) ## the apps against Halide: times, ratios, limits; APP='blur hist' some of them, ROUNDS=51
	@echo '$(VERSIONS)$(if $(HALIDE_LIBS),,; without Halide: ./configure --install-deps=bench)'; echo
	$(Q)heading=heading; for a in $(APP); do \
	  $(BENCH)/$$a $$heading rounds=$(ROUNDS) json=$(BENCH)/$$a.json generator=$(CARBIDE_GEN)/$$a/$$a.gen \
	    schedule=apps/$$a/$$a.cpu.sched $$(test -x $(BENCH)/peer_$$a && echo peer=$(BENCH)/peer_$$a) || exit 1; heading=; done
	$(Q)$(if $(POOL),$(BENCH)/pool rounds=$(ROUNDS) json=$(BENCH)/pool.json >$(BENCH)/pool.txt)
	$(Q)$(BENCH)/chart $(BENCH)/bench.json $(BENCH)/bench.svg '$(VERSIONS)' $(POOL) $(APP:%=$(BENCH)/%.json)
	$(Q)$(if $(POOL),echo; cat $(BENCH)/pool.txt)
	@echo; echo 'Also in $(BENCH)/bench.json and $(BENCH)/bench.svg.'
.PHONY: bench

# ---- make bench-pool: the thread pool against OpenMP -------------------------------------------------------

OPENMP = $(shell echo 'int main(void) { return 0; }' | $(CC) -fopenmp -x c - -o /dev/null 2>/dev/null && echo -fopenmp)
$(BENCH)/pool: apps/common/pool.c apps/common/app.h $(B)/libcarbide_runtime.a
	$(call say,BENCH,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(APP_CFLAGS) $(OPENMP) -Iinclude $< -o $@ $(B)/libcarbide_runtime.a -lpthread -lm

bench-pool: $(BENCH)/pool ## what a parallel loop costs, beside OpenMP: losses and times; ROUNDS=301
	@echo '$(VERSIONS); $(shell $(CC) --version | sed 1q)'; echo
	$(Q)$< rounds=$(if $(filter command,$(firstword $(origin ROUNDS))),$(ROUNDS),51) json=$(BENCH)/pool.json
	@echo; echo 'Also in $(BENCH)/pool.json.'
.PHONY: bench-pool

# ---- make bench-blur: blur against plain C as well --------------------------------------------------------

# The C versions, by each compiler there is.
PEER_CC := $(sort $(notdir $(CC)) $(notdir $(CLANG)))
PEER_OBJ := $(PEER_CC:%=$(BENCH)/peer_blur_%.o)
$(BENCH)/peer_blur_%.o: apps/blur/peer_c.c apps/blur/peers.h
	$(call say,PEER,$@)
	@mkdir -p $(@D)
	$(Q)$* -std=c11 -O3 -march=native -Wall -Wextra -DPEER=$* -c $< -o $@

$(BENCH)/race: apps/blur/race.c apps/common/app.h apps/blur/peers.h $(blur_HDR) $(blur_BEST) $(PEER_OBJ) $(blur_PEER) $(blur_OBJ) $(APP_DEPS)
	$(call say,BENCH,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(APP_CFLAGS) -Iinclude -Iapps/common -I$(blur_DIR) -I$(BENCH) $(HALIDE_CFLAGS) \
	  -DPEERS='$(foreach p,$(PEER_CC),X($(p)))' $(if $(blur_PEER),-DHALIDE='"$(HALIDE_VERSION)"') \
	  $< $(PEER_OBJ) $(blur_OBJ) $(blur_BEST) $(blur_PEER) -o $@ $(APP_LIBS) $(if $(blur_PEER),-ldl -lstdc++)

bench-blur: $(BENCH)/race ## blur against plain C and Halide: ratios of times, one thread and two
	@echo 'Compilers: $(shell $(CC) --version | sed 1q)$(if $(CLANG),; $(shell $(CLANG) --version | sed 1q)); LLVM $(LLVM_VERSION)'
	$(Q)$<
.PHONY: bench-blur
