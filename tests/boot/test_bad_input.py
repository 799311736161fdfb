"""Whatever is handed to the machine, it says in a sentence what is wrong and stops; it never hangs.

panic=-1 with QEMU's -no-reboot makes the machine's end the end of QEMU, so every test waits for that.
"""
import os

import pytest

from conftest import INITRD

# What is wrong, then that this is a panic. Linux says both in one line.
SENTENCE = r"(?i)([^\r\n]*(init|initrd|initramfs|cpio)[^\r\n]*\r*\n[^\r\n]*panic on hart|panic[^\r\n]*init[^\r\n]*)"


def dies(boot, sentence=SENTENCE, append="", **named):
    pando = boot(smp=2, mem="128M", append=f"panic=-1 {append}".strip(), wait=False, **named)
    said = pando.expect(sentence)[0]
    pando.ends()
    return said


def test_no_initrd(boot):
    dies(boot, initrd=None)


def test_empty_initrd(boot, tmp_path):
    path = tmp_path / "empty.cpio"
    path.write_bytes(b"\0" * 512)
    dies(boot, initrd=str(path))


@pytest.mark.parametrize("keep", [50, 110, 1000, 0.3, 0.9])
def test_truncated(boot, tmp_path, keep):
    """Cut off inside a header, a name, and file data. What stands before the cut may be unpacked; grove's own file is
    then missing or short."""
    with open(INITRD, "rb") as file:
        data = file.read()
    path = tmp_path / "short.cpio"
    path.write_bytes(data[:keep if keep > 1 else int(len(data) * keep)])
    pando = boot(smp=2, mem="128M", initrd=str(path), append="panic=-1", wait=False)
    pando.expect(r"(?i)(initramfs|initrd|cpio)[^\r\n]*(trunc|short|end|corrupt|bad|cut|not|no )")


@pytest.mark.parametrize("where,what", [(0, b"999999"), (6, b"zzzzzzzz"), (54, b"ffffffff"), (94, b"ffffffff")])
def test_corrupt(boot, tmp_path, where, what):
    """The first header's magic, a number that is none, a file size and a name size beyond the end."""
    with open(INITRD, "rb") as file:
        data = bytearray(file.read())
    data[where:where + len(what)] = what
    path = tmp_path / "bad.cpio"
    path.write_bytes(bytes(data))
    pando = boot(smp=2, mem="128M", initrd=str(path), append="panic=-1", wait=False)
    pando.expect(SENTENCE + r"|(?i:initramfs|initrd|cpio)[^\r\n]+")


def test_noise(boot, tmp_path):
    path = tmp_path / "noise.cpio"
    path.write_bytes(os.urandom(100000))
    dies(boot, initrd=str(path))


def test_no_init(boot, cpio):
    dies(boot, initrd=cpio({"bin/nothing": "nothing"}))


@pytest.mark.parametrize("word,build", [("plant=list", "DEBUG=1"), ("sched_seed=1", "DEBUG=1"),
                                        ("race_panic", "SAN=thread")])
def test_word_of_another_build(boot, word, build):
    pando = boot(smp=1, mem="128M", append=word, wait=False)
    pando.expect(f"command line: {word.partition('=')[0]} needs a kernel made with {build}")


def test_rdinit_is_missing(boot):
    """It is said, and the usual programs are tried."""
    pando = boot(smp=2, append="rdinit=/no/such/program", wait=False)
    pando.expect(r"no /no/such/program|/no/such/program failed")
    pando.prompt()


def test_init_is_no_program(boot, cpio):
    dies(boot, initrd=cpio({"init": "neither ELF nor script\n"}))


def test_init_script_without_interpreter(boot, cpio):
    dies(boot, initrd=cpio({"init": "#!/no/such/shell\n"}))


def test_init_is_a_cut_elf(boot, cpio, riscv_program):
    program = riscv_program("int main(void) { return 0; }")
    dies(boot, initrd=cpio({"init": program[:200]}))


def test_init_exits(boot, cpio, riscv_program):
    said = dies(boot, initrd=cpio({"init": riscv_program("int main(void) { return 3; }")}))
    assert "init" in said


def test_init_is_killed(boot, cpio, riscv_program):
    dies(boot, initrd=cpio({"init": riscv_program("int main(void) { *(volatile int *)0 = 1; return 0; }")}))
