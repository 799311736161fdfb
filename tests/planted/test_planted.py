"""Every planted bug (kernel/test/plant_*.c) is caught, by the build that is there to catch it and in these words.

    BUG                   name, as on the kernel's command line: plant=NAME
    BUILD                 debug (DEBUG=1), asan (SAN=address), ubsan (SAN=undefined), tsan (SAN=thread): tools/test-all
                          planted makes them
    WORDS                 a regular expression that the console must show

A bug of no test here is a failure of its own. The bug is done before there is an init, so no initramfs is needed.
"""
import os
import re

import pytest

from conftest import BUILD, ROOT

PLANTED = [
    ("slab_use_after_free", "asan", r"use after free: write of 1 bytes at 0x\w+ by slab_use_after_free.*"
     r"16 bytes into an object of victim \(56 bytes\).*allocated by task \d+:.*freed by task"),
    ("slab_read_after_free", "asan", r"use after free: read of 1 bytes"),
    ("slab_use_after_reuse", "asan", r"use after free: write of 1 bytes"),
    ("slab_double_free", "asan", r"double free: .*0 bytes into an object of victim .*freed by task"),
    ("slab_double_free", "debug", r"victim \S+ freed twice"),
    ("slab_free_inside", "asan", r"free of an address inside an object: .*16 bytes into an object of kmalloc-128"),
    ("slab_overflow", "asan", r"out of bounds of an object: write of 1 bytes .*0 bytes behind an object of victim"),
    ("kmalloc_overflow", "asan", r"an object: write of 1 bytes .*101 bytes into an object of kmalloc-128 "),
    ("kmalloc_underflow", "asan", r"out of bounds of an object: write of 1 bytes"),
    ("memset_overflow", "asan", r"out of bounds of an object: write of 65 bytes .*first 64 bytes of which are allowed"),
    ("memcpy_negative", "asan", r"negative length: read of 18446744073709551615 bytes at 0x\w+ by memcpy_negative"),
    ("page_use_after_free", "asan", r"use of a freed page: write of 1 bytes"),
    ("stack_overflow_array", "asan", r"on the stack: write of 1 bytes .*frame of stack_overflow_array.*bytes"),
    ("stack_use_after_scope", "asan", r"use after scope: write of 1 bytes"),
    ("global_overflow", "asan", r"out of bounds of a global variable: write of 1 bytes .*"
     r"13 bytes behind the start of global_table \(13 bytes\) of kernel/test/plant_memory.c"),
    ("kernel_stack_freed", "asan", r"use of a freed kernel stack: write of 1 bytes"),
    ("add_overflow", "ubsan", r"plant_arith.c:\d+:\d+: signed overflow: 2147483647 \+ 1 can't be represented in 'int'"),
    ("multiply_overflow", "ubsan", r"signed overflow: 4611686018427387903 \* 3 can't be represented in 'long int'"),
    ("negate_overflow", "ubsan", r"signed overflow: -\(-9223372036854775808\) can't be represented in 'long int'"),
    ("divide_by_zero", "ubsan", r"division by zero: 7 / 0 of 'int'"),
    ("shift_too_far", "ubsan", r"shift too far: by 32, 'int' has 32 bits"),
    ("shift_negative", "ubsan", r"shift by a negative number: -1"),
    ("array_bounds", "ubsan", r"array index out of bounds: 4 of 'int \[4\]'"),
    ("misaligned", "ubsan", r"misaligned: load of '(uint64_t|long unsigned int)' at 0x\w+[3b], which needs 8 bytes"),
    ("null_pointer", "ubsan", r"null pointer: member access within 'struct pair'"),
    ("bad_bool", "ubsan", r"invalid value: 7 is none of '_Bool'"),
    ("unreachable", "ubsan", r"unreachable code reached"),
    ("lock_rank", "debug", r'lock order: "planted outer" of rank \d+ is wanted while "planted inner" of'),
    ("lock_order", "debug", r'possible deadlock: "planted left" is wanted under "planted right", which was'),
    ("double_lock", "debug", r'"planted left" is taken twice by one task'),
    ("double_unlock", "debug", r'unlock of "planted outer", which this task does not hold'),
    ("lock_kept", "debug", r'"planted left", taken at lock_kept\S+, is held at the end of a system call'),
    ("irq_unsafe_lock", "debug", r'irq-unsafe lock: "planted inner" is taken by interrupt handlers, and also with'),
    ("irq_unsafe_order", "debug", r'irq-unsafe lock order: "planted inner".*while "planted opened" is waited for'),
    ("sleep_in_atomic", "debug", r'sleep in atomic context: spinlock "planted inner", taken at sleep_in_atomic\+'),
    ("sleep_irqs_off", "debug", r"sleep in atomic context: interrupts are off"),
    ("sleep_in_interrupt", "debug", r"sleep in atomic context: an interrupt handler may sleep here"),
    ("lost_wakeup", "debug", r'hung task: init \(1\) has slept uninterruptibly for 1 s[\s\S]*holds "planted right"'),
    ("soft_lockup", "debug", r"soft lockup: hart \d has not scheduled for 2 s[\s\S]*soft_lockup\+"),
    ("hard_lockup", "debug", r"hard lockup: hart \d has taken no timer interrupt for 1 s"),
    ("race_plain", "tsan", r"data race: \w+ of 4 bytes at (0x\w+) by \w+\+\S+, hart (\d), [\s\S]*"
     r"against: \w+ of 4 bytes at \2 by \w+\+\S+, hart (?!\3)\d"),
    ("panic_twice", "debug", r"the first panic[\s\S]*panic on hart \d[\s\S]*the second panic[\s\S]*"
     r"panic also on hart \d"),
    ("panic_late", "debug", r"the first panic[\s\S]*does not answer[\s\S]*repeat: make run[\s\S]*the second panic"
     r"[\s\S]*panic also on hart \d"),
    ("object_leak", "debug", r"object leak by a planted bug: 1 of planted_seed are out, 0 were before"),
]

# No bugs but their like, which must not be taken for one.
SOUND = ["race_atomic", "race_locked"]
# For the build that goes on after a bug.
WORDS = {"tsan": "race_panic"}


def planted_names():
    """The bugs that the sources plant."""
    names = set()
    folder = os.path.join(ROOT, "kernel/test")
    for file in os.listdir(folder):
        if file.startswith("plant_"):
            with open(os.path.join(folder, file), encoding="utf-8") as source:
                names |= set(re.findall(r"^PLANT\((\w+)\)", source.read(), re.M))
    return names


def begin(boot, bug, build):
    image = os.path.join(BUILD, build, "Image")
    if not os.path.exists(image):
        pytest.skip(f"no {image}: tools/test-all planted builds it")
    append = f"panic=exit plant={bug} {WORDS.get(build, '')}"
    pando = boot(image=image, initrd=None, smp=2, append=append, wait=False, timeout=120)
    pando.expect(rf"plant: {bug} begins")
    return pando


@pytest.mark.parametrize("bug,build,words", PLANTED, ids=[f"{bug}-{build}" for bug, build, _ in PLANTED])
def test_caught(boot, bug, build, words):
    pando = begin(boot, bug, build)
    assert pando.expect([rf"(?s)({words})", rf"plant: {bug} was not caught"])[0] != f"plant: {bug} was not caught"
    pando.ends()
    pando.child.close()
    assert pando.child.exitstatus == 70, "panic=exit: QEMU's exit status says so"


@pytest.mark.parametrize("sound", SOUND)
def test_quiet(boot, sound):
    pando = begin(boot, sound, "tsan")
    assert pando.expect([r"data race", rf"plant: {sound} was not caught"])[0] != "data race"


def test_all_are_tested():
    assert planted_names() == {bug for bug, _, _ in PLANTED} | set(SOUND)
