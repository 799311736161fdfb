# Pando: build, run, test.  `make help` lists everything there is to say to this file.
#
# The kernel is every .c and .S under arch/riscv, kernel and lib, found by wildcard: a new file needs no line here.
# Objects go to $(BUILD)/obj under their source's path, generated headers to $(BUILD)/gen. Dependencies are the compiler's
# own (-MMD). A change of flags rebuilds what was built with the old ones.

SHELL := /bin/bash
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-print-directory
ifeq (0,$(MAKELEVEL)$(filter -j%,$(MAKEFLAGS)))
MAKEFLAGS += -j$(shell nproc 2>/dev/null || echo 2)
endif

## Variables ------------------------------------------------------------------------------------------------------------

SMP ?= 4#              harts that QEMU gives the machine
MEM ?= 512M#           memory
CPU ?= rv64#           QEMU's -cpu
BIOS ?= default#       firmware: default or a file
APPEND ?=#             added to the kernel command line
GDB ?=#                1: wait for gdb on port 1234 before the first instruction
DEBUG ?=#              1: lock ranks and other costly checks, in-kernel tests, -Og
FAULTS ?=#             1: memory and user copies can be made to fail (/proc/pando/faults); part of DEBUG=1
COV ?=#                1: record which code is reached (make coverage, make fuzz); gcc only
KTEST ?=#              1: in-kernel tests without the other checks (APPEND=ktest runs them)
SAN ?=#                address, undefined, address,undefined or thread: compiler's checks (docs/sanitizers.md)
USERLAND ?= grove#     grove or busybox (Debian's, unmodified)
INITRAMFS_EXTRA ?=#    a directory laid over the initramfs
BUILD ?= build#        where everything made goes
CROSS_COMPILE ?= riscv64-linux-gnu-#  prefix of the GNU toolchain
LLVM ?=#               1: clang and ld.lld instead
WERROR ?=#             1: warnings are errors (make check sets it)
V ?=#                  1: show the commands
BOARD ?= virt#         for sdcard: visionfive2, unleashed, unmatched or virt
SECONDS ?= 60#         for fuzz, fuzz-host and stress-ng: how long
SEED ?=#               for fuzz: repeats what a number began
PYTHON ?= /usr/bin/python3#  the Python that has Debian's pytest and pexpect

# Trailing comments above leave blanks in the values: take them off.
$(foreach v,SMP MEM CPU BIOS APPEND GDB DEBUG FAULTS COV KTEST SAN USERLAND INITRAMFS_EXTRA BUILD CROSS_COMPILE LLVM WERROR V BOARD SECONDS SEED PYTHON,\
  $(eval override $(v) := $(strip $($(v)))))

Q := $(if $(V),,@)
SILENT := $(findstring s,$(firstword -$(MAKEFLAGS)))
say = $(if $(V)$(SILENT),,@printf '  %-8s%s\n' '$(1)' '$(2)';)

## Toolchain ------------------------------------------------------------------------------------------------------------

ifeq ($(LLVM),1)
TARGET_CC := clang --target=riscv64-linux-gnu
LD := ld.lld
NM := llvm-nm
OBJCOPY := llvm-objcopy
else
TARGET_CC := $(if $(filter command line,$(origin CC)),$(CC),$(CROSS_COMPILE)gcc)
LD := $(CROSS_COMPILE)ld
NM := $(CROSS_COMPILE)nm
OBJCOPY := $(CROSS_COMPILE)objcopy
endif
# Debian gives the llvm tools a version suffix when only a versioned package is there.
ifeq ($(LLVM),1)
NM := $(firstword $(shell command -v llvm-nm llvm-nm-14 $(CROSS_COMPILE)nm) llvm-nm)
OBJCOPY := $(firstword $(shell command -v llvm-objcopy llvm-objcopy-14 $(CROSS_COMPILE)objcopy) llvm-objcopy)
endif

# Newer assemblers want zicsr and zifencei named, older ones do not know them: ask this one.
can_compile = $(shell $(TARGET_CC) -Werror $(1) -c -x c /dev/null -o /dev/null 2>/dev/null && echo y)
MARCH_SUFFIX := $(if $(call can_compile,-march=rv64imac_zicsr_zifencei -mabi=lp64),_zicsr_zifencei)
MARCH := rv64imac$(MARCH_SUFFIX)
# The kernel never touches a floating-point register except in the files that save and load them: arch/riscv/fp*.S.
MARCH_FP := rv64imafdc$(MARCH_SUFFIX)

# Whoever asks for memory is known by the return address: no call may be made a jump.
FAULT_FLAGS := -fno-optimize-sibling-calls

# SAN=: what the compiler puts in is answered by kernel/core/asan.c, ubsan.c and race_calls.c. The offset is arch/shadow.h's.
comma := ,
SANS := $(subst $(comma), ,$(SAN))
$(if $(filter-out address undefined thread,$(SANS)),$(error SAN is address, undefined, address$(comma)undefined or thread, not $(SAN)))
$(if $(and $(filter thread,$(SANS)),$(filter-out thread,$(SANS))),$(error SAN=thread goes with no other SAN))
$(if $(and $(filter thread,$(SANS)),$(filter 1,$(LLVM))),$(error SAN=thread is for gcc: clang has it for no RISC-V))
CHECKED := $(filter 1,$(DEBUG))$(SANS)#  a build that planted bugs are put into
SAN_FLAGS_UNDEFINED := $(if $(filter undefined,$(SANS)),-fsanitize=undefined)
ASAN_OFFSET := 0xdffffff800000000
ASAN_FLAGS_GCC := -fsanitize-address-use-after-scope -fasan-shadow-offset=$(ASAN_OFFSET) --param asan-stack=1 --param asan-globals=1 \
	--param asan-instrumentation-with-call-threshold=0
ASAN_FLAGS_CLANG := $(addprefix -mllvm ,-asan-mapping-offset=$(ASAN_OFFSET) -asan-stack=1 -asan-globals=1 \
	-asan-use-after-scope=1 -asan-instrumentation-with-call-threshold=0)
SAN_FLAGS_ADDRESS := $(if $(filter address,$(SANS)),-fsanitize=kernel-address \
	$(if $(filter 1,$(LLVM)),$(ASAN_FLAGS_CLANG),$(ASAN_FLAGS_GCC)))
# A report names the caller, so no call is a jump; fences need no checks, of which gcc warns.
SAN_FLAGS_THREAD := $(if $(filter thread,$(SANS)),-fsanitize=thread --param tsan-distinguish-volatile=1 \
	--param tsan-instrument-func-entry-exit=0 -fno-optimize-sibling-calls -Wno-tsan)
SAN_FLAGS = $(SAN_FLAGS_ADDRESS) $(SAN_FLAGS_UNDEFINED) $(SAN_FLAGS_THREAD)

COMMON := -mabi=lp64 -mcmodel=medany -mno-relax $(if $(call can_compile,-mstrict-align),-mstrict-align) -ffreestanding -fno-pie -g \
	-I. -Iarch/riscv/include -I$(BUILD) -I$(BUILD)/gen $(if $(filter 1,$(DEBUG)),-DPANDO_DEBUG=1) \
	$(if $(filter 1,$(DEBUG) $(FAULTS)),-DPANDO_FAULTS=1 $(FAULT_FLAGS)) $(if $(filter 1,$(COV)),-DPANDO_COV=1) \
	$(if $(CHECKED),-DPANDO_PLANTS=1) $(if $(filter address,$(SANS)),-DPANDO_ASAN=$(ASAN_OFFSET)UL) \
	$(if $(filter thread,$(SANS)),-DPANDO_RACE=1) $(if $(SANS),-DPANDO_SAN=$(SAN)) $(if $(filter 1,$(KTEST)),-DPANDO_KTEST=1)
CFLAGS_KERNEL := -std=gnu17 $(if $(filter 1,$(DEBUG)),-Og,-O2) $(COMMON) -fno-common -fno-stack-protector \
	-fno-omit-frame-pointer -fno-strict-aliasing -fno-delete-null-pointer-checks -fno-asynchronous-unwind-tables \
	-Wall -Wextra -Wno-unused-parameter -Wstrict-prototypes -Wmissing-prototypes -Wvla \
	$(if $(filter 1,$(WERROR)),-Werror)
# COV: the compiler counts how often each line runs (gcov's counters, which tools/coverage takes out of the machine's memory
# from outside) and calls coverage.c, itself left alone, at every basic block.
CFLAGS_COV := $(if $(filter 1,$(COV)),-fprofile-arcs -ftest-coverage -fprofile-info-section -fsanitize-coverage=trace-pc \
	-Wno-maybe-uninitialized)
ifeq ($(COV)$(LLVM),11)
$(error COV=1 is for gcc: tools/coverage knows its counters)
endif
CFLAGS_USER := -std=gnu17 -O2 -g -Wall -Wextra -Wno-unused-parameter $(if $(filter 1,$(WERROR)),-Werror)
LDFLAGS_KERNEL := $(if $(filter address,$(SANS)),--defsym=_asan_stack_size=32768) \
	$(if $(filter address thread,$(SANS)),$(addprefix --wrap=,memcpy memmove memset memcmp)) -nostdlib -static --no-relax --build-id=none \
	-z max-page-size=4096 -T arch/riscv/kernel.lds

## What there is to build -------------------------------------------------------------------------------------------------

OBJ := $(BUILD)/obj
GEN := $(BUILD)/gen
KERNEL_SRCS := $(sort $(wildcard arch/riscv/*.c arch/riscv/*.S) $(shell find kernel lib -name '*.[cS]' 2>/dev/null))
KERNEL_SRCS := $(if $(filter 1,$(DEBUG) $(KTEST)),$(KERNEL_SRCS),$(filter-out %_test.c,$(KERNEL_SRCS)))
KERNEL_SRCS := $(if $(filter 1,$(DEBUG)),$(KERNEL_SRCS),$(filter-out %/perturb.c,$(KERNEL_SRCS)))
KERNEL_SRCS := $(if $(filter 1,$(DEBUG) $(FAULTS)),$(KERNEL_SRCS),$(filter-out %/fault_inject.c %/proc_faults.c,$(KERNEL_SRCS)))
KERNEL_SRCS := $(if $(CHECKED),$(KERNEL_SRCS),$(filter-out kernel/core/plant.c kernel/test/%,$(KERNEL_SRCS)))
# What plant_locks.c does wrong only DEBUG=1 can see.
KERNEL_SRCS := $(if $(filter 1,$(DEBUG)),$(KERNEL_SRCS),$(filter-out kernel/test/plant_locks.c,$(KERNEL_SRCS)))
KERNEL_SRCS := $(if $(filter undefined,$(SANS)),$(KERNEL_SRCS),$(filter-out kernel/core/ubsan.c,$(KERNEL_SRCS)))
KERNEL_SRCS := $(if $(filter address,$(SANS)),$(KERNEL_SRCS),$(filter-out arch/riscv/shadow.c kernel/core/asan%.c %/slab_asan.c,$(KERNEL_SRCS)))
KERNEL_SRCS := $(if $(filter thread,$(SANS)),$(KERNEL_SRCS),$(filter-out kernel/core/race%.c kernel/test/plant_race.c,$(KERNEL_SRCS)))
KERNEL_SRCS := $(if $(filter 1,$(COV)),$(KERNEL_SRCS),$(filter-out %/coverage.c %/proc_coverage.c,$(KERNEL_SRCS)))
KERNEL_OBJS := $(addprefix $(OBJ)/,$(addsuffix .o,$(basename $(KERNEL_SRCS))))
GROVE_SRCS := $(sort $(wildcard initramfs/grove/*.c))
GROVE_OBJS := $(addprefix $(OBJ)/,$(GROVE_SRCS:.c=.o))
SYSCALLS := $(addprefix $(GEN)/,syscalls_proto.h syscalls_nr.h syscalls_table.h syscalls_args.h)

.PHONY: all run test test-boards test-san check models stress-ng kselftest faults soak scale coverage fuzz fuzz-host bench bench-check sdcard docs doctor help clean gdb FORCE

all: $(BUILD)/Image $(BUILD)/pando.elf $(BUILD)/initramfs.cpio ## build the kernel and the initramfs

## Kernel ---------------------------------------------------------------------------------------------------------------

# One file that changes exactly when the way of compiling does.
$(BUILD)/.flags: FORCE
	@mkdir -p $(@D)
	@echo '$(TARGET_CC) $(MARCH) $(CFLAGS_KERNEL) $(SAN_FLAGS) $(CFLAGS_COV) | $(LD) $(LDFLAGS_KERNEL) | $(CFLAGS_USER)' | cmp -s - $@ || \
	  echo '$(TARGET_CC) $(MARCH) $(CFLAGS_KERNEL) $(SAN_FLAGS) $(CFLAGS_COV) | $(LD) $(LDFLAGS_KERNEL) | $(CFLAGS_USER)' > $@

$(GEN)/syscalls.stamp: kernel/sys/syscalls.tbl tools/syscalls.py
	$(call say,GEN,$(GEN)/syscalls_*.h)
	$(Q)mkdir -p $(@D) && $(PYTHON) tools/syscalls.py --out $(GEN) $< && touch $@
$(SYSCALLS): $(GEN)/syscalls.stamp ;

$(OBJ)/kernel/%.o: kernel/%.c $(BUILD)/.flags | $(SYSCALLS)
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(TARGET_CC) -march=$(MARCH) $(CFLAGS_KERNEL) $(SAN_FLAGS) $(CFLAGS_COV) -MMD -MP -c $< -o $@

$(OBJ)/arch/%.o: arch/%.c $(BUILD)/.flags | $(SYSCALLS)
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(TARGET_CC) -march=$(MARCH) $(CFLAGS_KERNEL) $(SAN_FLAGS) $(CFLAGS_COV) -MMD -MP -c $< -o $@

$(OBJ)/lib/%.o: lib/%.c $(BUILD)/.flags | $(SYSCALLS)
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(TARGET_CC) -march=$(MARCH) $(CFLAGS_KERNEL) $(SAN_FLAGS) $(CFLAGS_COV) -MMD -MP -c $< -o $@

# The checks themselves, and who works on what must not be touched.
$(OBJ)/arch/riscv/shadow.o $(OBJ)/arch/riscv/backtrace.o $(OBJ)/kernel/core/asan.o $(OBJ)/kernel/core/asan_report.o \
$(OBJ)/kernel/alloc/slab.o $(OBJ)/kernel/alloc/slab_asan.o $(OBJ)/kernel/alloc/kstack.o: private SAN_FLAGS_ADDRESS :=

# Under SAN=thread also: what a race in it could not be told of. Either the report itself calls it, or it runs under the locks
# of the message ring and of the serial ports, which the report takes. string.c is checked where it is called.
$(OBJ)/kernel/core/race.o $(OBJ)/kernel/core/race_calls.o $(OBJ)/kernel/core/printk.o $(OBJ)/kernel/core/panic.o \
$(OBJ)/kernel/core/crash.o $(OBJ)/kernel/core/spinlock.o $(OBJ)/kernel/core/lock_check.o $(OBJ)/kernel/core/perturb.o \
$(OBJ)/arch/riscv/backtrace.o $(OBJ)/arch/riscv/sbi.o $(OBJ)/kernel/dev/uart_16550.o $(OBJ)/kernel/dev/uart_sifive.o \
$(OBJ)/lib/format.o $(OBJ)/lib/string.o: private SAN_FLAGS_THREAD :=

$(OBJ)/kernel/task/coverage.o: CFLAGS_COV :=
$(OBJ)/arch/riscv/fp%.o: MARCH := $(MARCH_FP)
$(OBJ)/%.o: %.S $(BUILD)/.flags | $(SYSCALLS)
	$(call say,AS,$<)
	$(Q)mkdir -p $(@D) && $(TARGET_CC) -march=$(MARCH) $(COMMON) -D__ASSEMBLER__ -MMD -MP -c $< -o $@

# The vDSO: user-mode code that the kernel carries, a shared object of its own, embedded by vdso_image.S.
VDSO_OBJS := $(addprefix $(OBJ)/arch/riscv/vdso/,vdso.o sigreturn.o)
VDSO_FLAGS := -march=rv64gc -mabi=lp64d -std=gnu17 -O2 -fPIC -ffreestanding -fno-stack-protector -fasynchronous-unwind-tables \
	-mno-relax -I. -Iarch/riscv/include -Wall -Wextra -Wno-unused-parameter $(if $(filter 1,$(WERROR)),-Werror)
$(OBJ)/arch/riscv/vdso/%.o: arch/riscv/vdso/%.c $(BUILD)/.flags
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(TARGET_CC) $(VDSO_FLAGS) -MMD -MP -c $< -o $@
$(OBJ)/arch/riscv/vdso/%.o: arch/riscv/vdso/%.S $(BUILD)/.flags
	$(call say,AS,$<)
	$(Q)mkdir -p $(@D) && $(TARGET_CC) $(VDSO_FLAGS) -MMD -MP -c $< -o $@
$(BUILD)/vdso.so: $(VDSO_OBJS) arch/riscv/vdso/vdso.lds
	$(call say,LD,$@)
	$(Q)$(LD) -shared -nostdlib --hash-style=both --eh-frame-hdr --build-id=none -soname linux-vdso.so.1 \
	  -z max-page-size=4096 -T arch/riscv/vdso/vdso.lds -o $@ $(VDSO_OBJS)
$(OBJ)/arch/riscv/vdso_image.o: $(BUILD)/vdso.so

# Backtraces name functions from a table inside the kernel. The table needs the addresses, so: link with an empty table,
# make the table from that, link again. Text comes before it and --no-relax keeps code sizes fixed, so the second link
# moves no function; the cmp proves it each time.
$(GEN)/ksyms0.S: tools/ksyms.py
	$(Q)mkdir -p $(@D) && $(PYTHON) tools/ksyms.py < /dev/null > $@
$(GEN)/ksyms1.S: $(BUILD)/pando.tmp.elf tools/ksyms.py
	$(Q)$(NM) -n $< | $(PYTHON) tools/ksyms.py > $@
$(GEN)/ksyms%.o: $(GEN)/ksyms%.S
	$(Q)$(TARGET_CC) -march=$(MARCH) $(COMMON) -c $< -o $@

$(BUILD)/pando.tmp.elf: $(KERNEL_OBJS) $(GEN)/ksyms0.o arch/riscv/kernel.lds
	$(Q)$(LD) $(LDFLAGS_KERNEL) -o $@ $(KERNEL_OBJS) $(GEN)/ksyms0.o

$(BUILD)/pando.elf: $(KERNEL_OBJS) $(GEN)/ksyms1.o arch/riscv/kernel.lds
	$(call say,LD,$@)
	$(Q)$(LD) $(LDFLAGS_KERNEL) -o $@ $(KERNEL_OBJS) $(GEN)/ksyms1.o
	$(Q)$(NM) -n $@ | $(PYTHON) tools/ksyms.py | cmp - $(GEN)/ksyms1.S

$(BUILD)/Image: $(BUILD)/pando.elf tools/seal-image.py
	$(call say,IMAGE,$@)
	$(Q)$(OBJCOPY) -O binary $< $@ && $(PYTHON) tools/seal-image.py $@

## Initramfs ------------------------------------------------------------------------------------------------------------

$(OBJ)/initramfs/%.o: initramfs/%.c $(BUILD)/.flags
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(TARGET_CC) $(CFLAGS_USER) -I. -MMD -MP -c $< -o $@

$(BUILD)/grove: $(GROVE_OBJS)
	$(call say,LD,$@)
	$(Q)$(TARGET_CC) -static -o $@ $(GROVE_OBJS)

EXTRA_FILES := $(if $(INITRAMFS_EXTRA),$(shell find $(INITRAMFS_EXTRA) 2>/dev/null))
MKINITRAMFS := $(PYTHON) tools/mkinitramfs.py $(if $(INITRAMFS_EXTRA),--overlay $(INITRAMFS_EXTRA))

# Says which overlay the cpio was packed with, so that naming another one (or none) packs it again.
$(BUILD)/.overlay: FORCE
	@mkdir -p $(@D); echo '$(INITRAMFS_EXTRA)' | cmp -s - $@ || echo '$(INITRAMFS_EXTRA)' > $@

$(BUILD)/initramfs.cpio: $(BUILD)/grove tools/mkinitramfs.py $(shell find initramfs/etc 2>/dev/null) $(EXTRA_FILES) \
		$(BUILD)/.overlay $(GROVE_SRCS)
	$(call say,CPIO,$@)
	$(Q)$(TARGET_CC) -static -s -o $(OBJ)/initramfs/grove.stripped $(GROVE_OBJS)
	$(Q)$(MKINITRAMFS) --grove $(OBJ)/initramfs/grove.stripped --sources initramfs/grove --etc initramfs/etc -o $@

$(BUILD)/busybox.cpio: tools/mkinitramfs.py tools/oracle $(EXTRA_FILES) $(BUILD)/.overlay
	$(call say,CPIO,$@)
	$(Q)$(MKINITRAMFS) --busybox "$$(tools/oracle fetch busybox)" -o $@

## Run ------------------------------------------------------------------------------------------------------------------

INITRD := $(if $(filter busybox,$(USERLAND)),$(BUILD)/busybox.cpio,$(BUILD)/initramfs.cpio)
QEMU := qemu-system-riscv64
QEMU_ARGS = -M virt -cpu $(CPU) -smp $(SMP) -m $(MEM) -bios $(BIOS) -nographic -kernel $(BUILD)/Image \
	-initrd $(INITRD) -append "console=ttyS0 $(if $(filter 1,$(GDB)),,panic=exit) $(APPEND)" $(if $(filter 1,$(GDB)),-s -S)

run: ## build, then boot in QEMU: a shell prompt (leave with Ctrl-A X)
	@tools/need-packages.sh run $(if $(filter 1,$(LLVM)),llvm)
	@$(MAKE) $(BUILD)/Image $(BUILD)/pando.elf $(INITRD)
	@echo "Pando on $(SMP) harts, $(MEM). Leave with poweroff, or Ctrl-A X."
	@$(if $(filter 1,$(GDB)),echo "QEMU waits. In another terminal: make gdb")
	$(Q)$(QEMU) $(QEMU_ARGS)

sdcard: ## make an SD card image for BOARD=visionfive2|unleashed|unmatched|virt (docs/flashing.md)
	@tools/need-packages.sh run sdcard
	@$(MAKE) $(BUILD)/Image $(BUILD)/initramfs.cpio
	@BUILD=$(BUILD) tools/sdcard $(BOARD) --append "$(APPEND)"

gdb: ## attach gdb to a `make run GDB=1`
	$(Q)$$(command -v gdb-multiarch || echo gdb) -q $(BUILD)/pando.elf -ex 'target remote :1234' -x tools/gdb/pando.py

## Test -----------------------------------------------------------------------------------------------------------------

test: ## build and run every test: host, checks, in-kernel, ABI against Linux, boot, console, busybox, costs
	@tools/need-packages.sh run test check
	@BUILD=$(BUILD) tools/test-all

test-boards: ## boot as the boards do, in QEMU: U-Boot, SD cards, other memory maps, wrong trees and cards
	@tools/need-packages.sh run test sdcard boards
	@BUILD=$(BUILD) tools/test-all boards

test-san: ## in-kernel and ABI tests under DEBUG=1 and SAN=address, undefined, thread, and the planted bugs: an hour
	@tools/need-packages.sh run test
	@BUILD=$(BUILD) tools/test-all planted san

check: ## layers, function length, style, warnings as errors with gcc and clang; no QEMU
	@tools/need-packages.sh run test check
	@BUILD=$(BUILD) tools/check/all

# What clang holds the sources to beyond its warnings: the locks that functions say they take (kernel/core/lock_attr.h),
# and pointers of user programs, which are an address space of their own here (lib/types.h). Nothing is made.
KERNEL_C := $(filter %.c,$(KERNEL_SRCS))
.PHONY: attributes analyze analyze-with
attributes: $(SYSCALLS)
	$(Q)printf '%s\n' $(KERNEL_C) | xargs -P 2 -n 60 $(TARGET_CC) -march=$(MARCH) $(CFLAGS_KERNEL) \
	  -fsyntax-only -Werror -Wthread-safety -Wnoderef -D__CHECKER__

analyze: ## slow checks: gcc -fanalyzer, clang-tidy, cppcheck
	@tools/need-packages.sh run check analyze
	@$(MAKE) -s analyze-with $(if $(ANALYZER),ANALYZER=$(ANALYZER))
analyze-with: $(SYSCALLS)
	$(Q)FLAGS='-march=$(MARCH) $(CFLAGS_KERNEL)' CC='$(TARGET_CC)' BUILD='$(BUILD)' tools/check/analyze $(ANALYZER) -- $(KERNEL_C)

soak: $(BUILD)/Image ## ten minutes each of the torture programs, on 8 harts (SOAK_SECONDS=N)
	@tools/need-packages.sh run test
	@BUILD=$(BUILD) tools/soak

scale: $(BUILD)/Image ## 10,000 live threads and 5,000 live processes in 1 GiB, beside Linux (THREADS=N PROCESSES=N)
	@tools/need-packages.sh run test
	@BUILD=$(BUILD) tools/scale

coverage: ## run ABI, kernel, console and boot tests and report which lines of the kernel they reach
	@tools/need-packages.sh run test
	@BUILD=$(BUILD)/cov tools/coverage run

# Another folder for DEBUG=1, since its corpus is as good but its kernel is not.
FUZZ_BUILD = $(BUILD)/cov$(if $(filter 1,$(DEBUG)),-debug)
fuzz: ## make system calls at random for SECONDS, guided by coverage, and take a crash apart (SEED, SMP, MEM, DEBUG)
	@tools/need-packages.sh run
	@$(MAKE) BUILD=$(FUZZ_BUILD) COV=1 KTEST=1 FAULTS=1 $(FUZZ_BUILD)/Image
	@BUILD=$(FUZZ_BUILD) tools/fuzz --seconds $(SECONDS) $(if $(SEED),--seed $(SEED)) --smp $(SMP) --mem $(MEM)

fuzz-host: $(BUILD)/grove ## fuzz the readers of device trees, archives, programs and command lines, SECONDS each, on this machine
	@tools/need-packages.sh run test llvm
	@$(MAKE) -s -C tests/host BUILD=$(abspath $(BUILD))/host SECONDS=$(SECONDS) PROGRAMS="$(abspath $(BUILD))/grove" \
	  DTBS="$$(tools/oracle fetch dtbs)" fuzz

faults: ## every allocation and user copy made to fail, in clone and its kin by turns, in all ABI programs once; hours
	@tools/need-packages.sh run test
	@BUILD=$(BUILD) tools/faults

models: ## check the models of tests/models with spin, and that each refutes its broken variants
	@tools/need-packages.sh models
	@tools/models

stress-ng: $(BUILD)/Image ## Debian's stress-ng on 4 harts, SECONDS for each load, then with too little memory
	@tools/need-packages.sh run test
	@BUILD=$(BUILD) tools/stress-ng --seconds $(SECONDS)
	@BUILD=$(BUILD) tools/stress-ng --oom --seconds $(SECONDS)

kselftest: $(BUILD)/Image ## Linux's own kselftests, on Debian's Linux and on Pando, compared
	@tools/need-packages.sh run test
	@BUILD=$(BUILD) tools/kselftest

docs: ## write the pages that are made from the sources: docs/syscalls.md, docs/deviations.md, docs/clone.md, reading order
	$(Q)$(PYTHON) tools/syscalls.py --markdown > docs/syscalls.md
	$(Q)$(PYTHON) tools/clone_docs.py --write
	$(Q)$(PYTHON) tools/check/deviations.py --write
	$(Q)$(PYTHON) tools/check/reading_order.py --add

bench: all ## count what operations cost on Pando and on Linux; writes docs/measured.md
	@BUILD=$(BUILD) tools/bench

bench-check: all ## fail when an operation costs 10 % more than tests/bench/budget.txt allows
	@BUILD=$(BUILD) tools/bench --check

doctor: ## probe toolchain, QEMU and firmware; name each fault and its remedy
	@tools/doctor

## Other ----------------------------------------------------------------------------------------------------------------

clean: ## remove everything built
	rm -rf $(BUILD)

help: ## this text
	@echo 'Targets:'
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' Makefile | expand -t 14
	@echo 'Variables (make run SMP=2 MEM=1G):'
	@sed -n 's/^\([A-Z_]*\) ?= \?\(.*\)# *\(.*\)/  \1\t\2\t\3/p' Makefile | sed 's/ *#\t/\t/' | expand -t 20,40
	@echo 'One object: make $(OBJ)/kernel/fs/pipe.o'

-include $(KERNEL_OBJS:.o=.d) $(GROVE_OBJS:.o=.d)
