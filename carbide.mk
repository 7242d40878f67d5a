# carbide.mk: make rules for Carbide generators, for this tree and for users.
#
#   include $(shell pkg-config --variable=mk carbide)
#   $(eval $(call carbide_generator,blur,src/blur.c))
#   photo: main.o $(blur_OBJ)
#
# carbide_generator,NAME,SOURCE[,ARGUMENTS]: builds the generator program gen/NAME/NAME.gen from SOURCE and runs
# it to make gen/NAME/NAME.o and NAME.h. A schedule NAME.cpu.sched beside SOURCE is used when there is one;
# changing it runs the generator again without compiling anything. ARGUMENTS go to the generator:
# "target=x86-64-linux-avx2 strip=64".
# Sets NAME_OBJ and NAME_HDR; add -I$(CARBIDE_GEN)/NAME to find the header.

CARBIDE_GEN ?= gen
CARBIDE_INCLUDE ?= $(shell pkg-config --variable=includedir carbide)
CARBIDE_LIBDIR ?= $(shell pkg-config --variable=libdir carbide)
CARBIDE_LIBS ?= $(shell pkg-config --variable=llvm_libs carbide)
CARBIDE_CFLAGS ?= -std=c11 -Wall -Wextra -Wpedantic
CARBIDE_ARCHIVES = $(CARBIDE_LIBDIR)/libcarbide_gen.a $(CARBIDE_LIBDIR)/libcarbide.a $(CARBIDE_LIBDIR)/libcarbide_runtime.a
CARBIDE_LINK = $(CARBIDE_ARCHIVES) $(CARBIDE_LIBS) -lpthread -lm
CARBIDE_SAY = $(if $(V),,@printf '  %-8s %s\n' $(1) $(2))

define carbide_generator
$(1)_DIR := $$(CARBIDE_GEN)/$(1)
$(1)_OBJ := $$($(1)_DIR)/$(1).o
$(1)_HDR := $$($(1)_DIR)/$(1).h
$(1)_SCHED := $$(wildcard $$(basename $(2)).cpu.sched)

$$($(1)_DIR)/$(1).gen: $(2) $$(CARBIDE_ARCHIVES)
	$$(call CARBIDE_SAY,GENC,$$@)
	@mkdir -p $$(@D)
	$$(if $$(V),,@)$$(CC) $$(CARBIDE_CFLAGS) $$(SAN_FLAGS) -I$$(CARBIDE_INCLUDE) -rdynamic $(2) -o $$@ $$(CARBIDE_LINK)

$$($(1)_OBJ) $$($(1)_HDR) &: $$($(1)_DIR)/$(1).gen $$($(1)_SCHED)
	$$(call CARBIDE_SAY,GEN,$$@)
	$$(if $$(V),,@)$$< -o $$(@D) -e object,header $$(if $$($(1)_SCHED),schedule=$$($(1)_SCHED)) $(3)
endef
