#!/usr/bin/env python3
"""Seal a flat kernel image: its last eight bytes become the number that makes all its 64-bit words add up to 0.

    seal-image.py build/Image           seal it in place
    seal-image.py --check build/Image   is it whole? Says so, exit status 1 if not

arch/riscv/boot.S adds up the words before anything is believed, so a file that was cut short or damaged on its way
from a card is told from a whole one. The linker puts the word "unsealed" there; boot.S takes an image with that word
as it is.
"""
import argparse
import os
import struct
import sys

UNSEALED = b"unsealed"
WORD = 1 << 64


def words_sum(data):
    return sum(struct.unpack(f"<{len(data) // 8}Q", data)) % WORD


def header_fault(data):
    """Why this is no kernel image, or None."""
    if len(data) < 72 or len(data) % 8 or data[48:53] != b"RISCV" or data[56:60] != b"RSC\x05":
        return "not a RISC-V kernel image of whole words"
    return None


def check(data):
    """What is wrong with an image, or None."""
    if header_fault(data):
        return header_fault(data)
    if data[-8:] == UNSEALED:
        return "not sealed"
    return "cut short or damaged" if words_sum(data) else None


def seal(data):
    if header_fault(data) or data[-8:] != UNSEALED:
        sys.exit(f"seal-image: {header_fault(data) or 'the last word is not the one to be sealed'}")
    return data[:-8] + struct.pack("<Q", -words_sum(data[:-8]) % WORD)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("image")
    args = parser.parse_args()
    with open(args.image, "rb") as file:
        data = file.read()
    if args.check:
        fault = check(data)
        if fault:
            sys.exit(f"{args.image}: {fault}")
        print(f"{args.image}: whole")
        return
    with open(args.image + ".sealed", "wb") as file:
        file.write(seal(data))
    os.chmod(args.image + ".sealed", os.stat(args.image).st_mode)
    os.rename(args.image + ".sealed", args.image)


if __name__ == "__main__":
    main()
