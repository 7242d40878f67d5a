# apps/apps.mk: the programs of apps/ (part of the Makefile). An app is apps/NAME/main.c, linked with the object of the
# generator apps/NAME/NAME.c. Its plain C versions are compiled for this machine at -O3: they are what we compare with.

APP_CFLAGS = -std=c11 -O3 -march=native -Wall -Wextra -Wpedantic -Wshadow -Werror $(SAN_FLAGS) $(CONF_CFLAGS)
APP_LIBS = $(B)/libcarbide_imageio.a $(B)/libcarbide_runtime.a $(IMAGE_LIBS) -lpthread -lm
APP_DEPS = $(B)/libcarbide_imageio.a $(B)/libcarbide_runtime.a

define app_program
$(B)/apps/$(1): apps/$(1)/main.c apps/common/app.h $$($(1)_OBJ) $$($(1)_HDR) $$(APP_DEPS)
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

demo: apps ## filter a picture with each app: make demo IMAGE=photo.jpg
	@mkdir -p $(DEMO)
	$(Q)$(if $(IMAGE),,$(B)/apps/scene $(DEMO)/scene.png)
	@echo; echo 'The loop nest of blur, from apps/blur/blur.c and apps/blur/blur.cpu.sched:'; echo
	$(Q)$(blur_DIR)/blur.gen -o $(DEMO) -e nest schedule=apps/blur/blur.cpu.sched && cat $(DEMO)/blur.nest
	$(Q)for a in blur unsharp hist; do echo; \
	  $(B)/apps/$$a $(or $(IMAGE),$(DEMO)/scene.png) $(DEMO)/$$a.png || exit 1; done
.PHONY: demo

# ---- make bench: blur against other ways to write it ---------------------------------------------------

# The C versions, by each compiler there is.
PEER_CC := $(sort $(notdir $(CC)) $(notdir $(CLANG)))
PEER_OBJ := $(PEER_CC:%=$(B)/bench/peer_%.o)
$(B)/bench/peer_%.o: apps/blur/peer_c.c apps/blur/peers.h
	$(call say,PEER,$@)
	@mkdir -p $(@D)
	$(Q)$* -std=c11 -O3 -march=native -Wall -Wextra -DPEER=$* -c $< -o $@

# Halide's version, when configure found Halide.
ifneq ($(HALIDE_LIBS),)
HALIDE_PEER := $(B)/bench/halide_blur.a
$(B)/bench/peer_halide: apps/blur/peer_halide.cpp
	$(call say,PEER,$@)
	@mkdir -p $(@D)
	$(Q)g++ -std=c++17 -O2 $(HALIDE_CFLAGS) $< -o $@ $(HALIDE_LIBS)
$(HALIDE_PEER): $(B)/bench/peer_halide
	$(call say,GEN,$@)
	$(Q)cd $(@D) && ./peer_halide halide_blur
endif

# The same algorithm by another schedule: no compiling, the generator runs again.
FUSED_OBJ := $(B)/bench/blur_fused.o
$(FUSED_OBJ): apps/blur/blur.fused.sched $(blur_OBJ)
	$(call say,GEN,$@)
	@mkdir -p $(@D)
	$(Q)$(blur_DIR)/blur.gen -n blur_fused -o $(@D) schedule=$<

$(B)/bench/blur: apps/blur/bench.c apps/common/app.h apps/blur/peers.h $(blur_HDR) $(FUSED_OBJ) $(PEER_OBJ) $(HALIDE_PEER) $(blur_OBJ) $(APP_DEPS)
	$(call say,BENCH,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(APP_CFLAGS) -Iinclude -Iapps/common -I$(blur_DIR) -I$(B)/bench $(HALIDE_CFLAGS) \
	  -DPEERS='$(foreach p,$(PEER_CC),X($(p)))' $(if $(HALIDE_PEER),-DHALIDE='"$(HALIDE_VERSION)"') \
	  $< $(PEER_OBJ) $(blur_OBJ) $(FUSED_OBJ) $(HALIDE_PEER) -o $@ $(APP_LIBS) $(if $(HALIDE_PEER),-ldl -lstdc++)

bench: $(B)/bench/blur ## blur against plain C and Halide: ratios of times, one thread and two
	@echo 'Compilers: $(shell $(CC) --version | sed 1q)$(if $(CLANG),; $(shell $(CLANG) --version | sed 1q)); LLVM $(LLVM_VERSION)'
	$(Q)$(B)/bench/blur $(blur_DIR)/blur.gen apps/blur/blur.cpu.sched $(if $(HALIDE_PEER),$(B)/bench/peer_halide)
.PHONY: bench
