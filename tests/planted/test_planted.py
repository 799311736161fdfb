"""Every planted bug (kernel/test/plant_*.c) is caught, by the build that is there to catch it and in these words.

    BUG                   name, as on the kernel's command line: plant=NAME
    BUILD                 debug (DEBUG=1), asan (SAN=address), ubsan (SAN=undefined): tools/test-all planted makes them
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
    ("misaligned", "ubsan", r"misaligned: load of '(uint64_t|long unsigned int)' at 0x\w+3, which needs 8 bytes"),
    ("null_pointer", "ubsan", r"null pointer: member access within 'struct pair'"),
    ("bad_bool", "ubsan", r"invalid value: 7 is none of '_Bool'"),
    ("unreachable", "ubsan", r"unreachable code reached"),
]


def planted_names():
    """The bugs that the sources plant."""
    names = set()
    folder = os.path.join(ROOT, "kernel/test")
    for file in os.listdir(folder):
        if file.startswith("plant_"):
            with open(os.path.join(folder, file), encoding="utf-8") as source:
                names |= set(re.findall(r"^PLANT\((\w+)\)", source.read(), re.M))
    return names


@pytest.mark.parametrize("bug,build,words", PLANTED, ids=[f"{bug}-{build}" for bug, build, _ in PLANTED])
def test_caught(boot, bug, build, words):
    image = os.path.join(BUILD, build, "Image")
    if not os.path.exists(image):
        pytest.skip(f"no {image}: tools/test-all planted builds it")
    pando = boot(image=image, initrd=None, smp=2, append=f"panic=-1 plant={bug}", wait=False, timeout=120)
    pando.expect(rf"plant: {bug} begins")
    assert pando.expect([rf"(?s)({words})", rf"plant: {bug} was not caught"])[0] != f"plant: {bug} was not caught"
    pando.ends()


def test_all_are_tested():
    assert planted_names() == {bug for bug, _, _ in PLANTED}
