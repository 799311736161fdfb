"""Other boards' trees, and wrong ones: a sentence on whatever console there is, and a clean end."""
import os
import re

import pytest

from conftest import IMAGE, INITRD
from rig import QUIET, Tree, comes_up, fetch, from_hart, with_own_tree

UART = "serial@10000000"


@pytest.fixture
def virt(tmp_path):
    return Tree.of_machine(tmp_path)


# --- boards -----------------------------------------------------------------------------------------------------------

def test_icicle_kit(boot):
    """Its own tree: the console is the second UART, 16550 at a distance of 4 bytes; hart 0 is disabled; two memory
    nodes, the second above 64 GiB."""
    tree = os.path.join(fetch("dtbs"), "microchip/mpfs-icicle-kit.dtb")
    pando, said = comes_up(boot, ["qemu-system-riscv64", "-M", "microchip-icicle-kit", "-smp", "5", "-m", "2G",
                                  "-display", "none", "-monitor", "none", "-no-reboot", "-serial", "null", "-serial",
                                  "stdio", "-kernel", IMAGE, "-initrd", INITRD, "-dtb", tree])
    assert "4 of 4 harts run" in said
    pando.run("sleep 0.1")


def dress(tree):
    """As the VisionFive 2's, as far as virt's hardware allows."""
    tree.put("/", "compatible", '"starfive,visionfive-2-v1.3b", "starfive,jh7110"')
    tree.put(UART, "compatible", '"starfive,jh7110-uart", "snps,dw-apb-uart"')
    tree.put(UART, "reg-shift", "<0>").put(UART, "reg-io-width", "<1>")
    tree.add("/", f'\taliases {{ serial0 = "/soc/{UART}"; }};\n')
    tree.put("chosen", "stdout-path", '"serial0:115200n8"')
    tree.put("cpu@0", "status", '"disabled"').drop("cpu@0", "mmu-type")
    for cpu in range(4):
        tree.put(f"cpu@{cpu}", "compatible", '"sifive,u74-mc", "riscv"')
        tree.put(f"cpu@{cpu}", "riscv,isa", '"rv64imafdc_zba_zbb"')
    return tree


def test_dressed_as_visionfive2(boot, virt, tmp_path):
    """-cpu sifive-u54 has no stimecmp either. Without the maker's numbers the U74 counts as the faulty one."""
    tree = dress(virt).write(tmp_path / "vf2.dtb")
    pando, said = comes_up(boot, ["qemu-system-riscv64", "-M", "virt", "-cpu", "sifive-u54", "-smp", "4", "-m", "1G",
                                  *QUIET, "-kernel", IMAGE, "-initrd", INITRD, "-dtb", tree])
    assert "erratum CIP-1200: every TLB flush is a full one" in said
    assert "harts run" in said and "ttyS0: interrupt 10" in said
    pando.poweroff()


def test_extensions_as_a_list(boot, virt, tmp_path):
    """Newer trees name extensions one by one."""
    for cpu in range(4):
        virt.drop(f"cpu@{cpu}", "riscv,isa").put(f"cpu@{cpu}", "riscv,isa-base", '"rv64i"')
        virt.put(f"cpu@{cpu}", "riscv,isa-extensions", '"i", "m", "a", "f", "d", "c", "zicsr", "sstc"')
    pando, _ = comes_up(boot, with_own_tree(tmp_path, virt))
    assert "rv64imafdc" in pando.run("cat /proc/cpuinfo")
    pando.poweroff()


def test_registers_after_a_gap(boot, virt, tmp_path):
    """reg-offset, as on parts that put the UART into the middle of their registers."""
    virt.put(UART, "reg", "<0 0xffff000 0 0x1100>").put(UART, "reg-offset", "<0x1000>")
    pando, said = comes_up(boot, with_own_tree(tmp_path, virt))
    assert "ttyS0: interrupt 10" in said
    pando.poweroff()


def test_memory_at_0xc0000000(boot, tmp_path):
    tree = Tree.of_machine(tmp_path, mem="4G").remove("memory@80000000")
    tree.add("/", '\tmemory@c0000000 { device_type = "memory"; reg = <0 0xc0000000 0 0x40000000>; };\n')
    pando, _ = comes_up(boot, with_own_tree(tmp_path, tree, base=0xc0000000, mem="4G"))
    total = int(re.search(r"MemTotal:\s+(\d+)", pando.run("cat /proc/meminfo"))[1])
    assert 1000 * 1024 < total <= 1024 * 1024
    pando.poweroff()


def test_no_power_calls(boot, virt, tmp_path):
    """The firmware finds no way to switch off in its tree; the kernel finds one in the same."""
    virt.put("test@100000", "compatible", '"syscon"')
    pando, _ = comes_up(boot, ["qemu-system-riscv64", "-M", "virt", "-smp", "4", "-m", "1G", *QUIET, "-kernel", IMAGE,
                               "-initrd", INITRD, "-dtb", virt.write(tmp_path / "nopower.dtb")])
    assert "Platform Shutdown Device  : ---" in pando.log.getvalue()
    pando.poweroff()


def test_state_at_entry(boot, virt, tmp_path):
    """Floating point on, its flags raised, user memory open, interrupts let through, sscratch not 0."""
    before = "\n".join(["\tli t0, 0x6000 | 1 << 18 | 1 << 19", "\tcsrs sstatus, t0", "\tli t0, 0xff", "\tcsrw fcsr, t0",
                        "\tli t0, 0x222", "\tcsrw sie, t0", "\tli t0, 0x1234", "\tcsrw sscratch, t0"])
    pando, _ = comes_up(boot, with_own_tree(tmp_path, virt, before=before))
    pando.poweroff()


# --- wrong trees ------------------------------------------------------------------------------------------------------

def dies(boot, command, sentence):
    pando = boot(command=command, wait=False)
    pando.expect(sentence)
    pando.ends()


def test_no_memory(boot, virt, tmp_path):
    dies(boot, with_own_tree(tmp_path, virt.remove("memory@80000000"), append="panic=-1"), "no memory node")


def test_no_clock(boot, virt, tmp_path):
    dies(boot, with_own_tree(tmp_path, virt.drop("cpus", "timebase-frequency"), append="panic=-1"), "there is no clock")


@pytest.mark.parametrize("where", [0, 0x84000000, 0x7fffffffffff])
def test_no_tree(boot, virt, tmp_path, where):
    """a1 is 0, names memory without a tree, or no memory at all."""
    pando = boot(command=with_own_tree(tmp_path, virt, tree_at=where), wait=False)
    pando.expect("no sound device tree")
    pando.expect("panic on hart")


def test_image_misplaced(boot, virt, tmp_path):
    pando = boot(command=with_own_tree(tmp_path, virt, image_at=0x80401000), wait=False)
    pando.expect("must be loaded at a multiple of 2 MiB; halted")


def test_unknown_uart(boot, virt, tmp_path):
    """The kernel's console is then the firmware's, polled."""
    virt.put(UART, "compatible", '"acme,uart"')
    pando, said = comes_up(boot, with_own_tree(tmp_path, virt))
    assert "no driver for the console" in said and "using the firmware's" in said
    pando.poweroff()


def test_unknown_uart_beside_a_known_one(boot, virt, tmp_path):
    """A port that we can drive but that is not the console is no place for it."""
    virt.put(UART, "compatible", '"acme,uart"')
    virt.add("soc", '\tserial@10002000 { compatible = "ns16550a"; reg = <0 0x10002000 0 0x100>; };\n')
    pando, said = comes_up(boot, with_own_tree(tmp_path, virt))
    assert f"no driver for the console, /soc/{UART}" in said
    pando.poweroff()


def test_debug_console(boot, virt, tmp_path):
    """The same under a firmware that has the debug console: typing goes through it as well."""
    bios = os.path.join(fetch("opensbi"), "usr/lib/riscv64-linux-gnu/opensbi/generic/fw_dynamic.bin")
    virt.put(UART, "compatible", '"acme,uart"')
    pando, _ = comes_up(boot, with_own_tree(tmp_path, virt) + ["-bios", bios])
    pando.poweroff()


def test_no_uart(boot, virt, tmp_path):
    virt.remove(UART).drop("chosen", "stdout-path")
    pando, said = comes_up(boot, with_own_tree(tmp_path, virt))
    assert "No serial port in the device tree" in said
    pando.poweroff()


def test_no_stdout_path(boot, virt, tmp_path):
    pando, _ = comes_up(boot, with_own_tree(tmp_path, virt.drop("chosen", "stdout-path")))
    pando.poweroff()


def test_console_that_is_not_there(boot, virt, tmp_path):
    pando, said = comes_up(boot, with_own_tree(tmp_path, virt, append="console=ttyS7"))
    assert "console=ttyS7: there is no such port" in said
    pando.poweroff()


def test_nothing_to_speak_through(boot, virt, tmp_path, cpio, riscv_program):
    """Neither firmware nor kernel has a console: the machine runs all the same."""
    program = riscv_program("#include <sys/reboot.h>\nint main(void) { reboot(RB_POWER_OFF); }")
    virt.remove(UART).drop("chosen", "stdout-path")
    pando = boot(command=["qemu-system-riscv64", "-M", "virt", "-smp", "2", "-m", "1G", *QUIET, "-kernel", IMAGE,
                          "-initrd", cpio({"init": program}), "-dtb", virt.write(tmp_path / "mute.dtb")], wait=False)
    pando.ends()
    assert pando.log.getvalue() == ""


def test_absent_hart(boot, virt, tmp_path):
    """The tree names a hart that the firmware does not know."""
    hart = ('\tcpu@9 { device_type = "cpu"; reg = <9>; status = "okay"; compatible = "riscv"; '
            'riscv,isa = "rv64imafdc"; mmu-type = "riscv,sv39"; };\n')
    pando, said = comes_up(boot, with_own_tree(tmp_path, virt.add("cpus", hart)))
    assert "hart 9 can't be started" in said and "4 of 5 harts run" in said
    pando.poweroff()


def test_lesser_hart(boot, virt, tmp_path):
    """A hart without floating point: programs would break when they come there, so it is left alone."""
    virt.put("cpu@2", "riscv,isa", '"rv64imac"')
    pando, said = comes_up(boot, with_own_tree(tmp_path, virt, before=from_hart(1)))
    assert "3 of 3 harts run" in said
    pando.poweroff()


def test_no_interrupt_controller(boot, virt, tmp_path):
    virt.put("plic@c000000", "compatible", '"acme,plic"')
    pando, said = comes_up(boot, with_own_tree(tmp_path, virt))
    assert "No interrupt controller" in said and "its input is polled" in said
    pando.poweroff()


def test_absent_contexts(boot, virt, tmp_path):
    """0xffffffff marks a context that is not there, as on the Unmatched; phandle 0 an empty place."""
    start, _, end = virt.span("plic@c000000")
    text = virt.text[start:end].replace("0x0b", "0xffffffff")
    virt.text = virt.text[:start] + text + virt.text[end:]
    pando, said = comes_up(boot, with_own_tree(tmp_path, virt))
    assert "ttyS0: interrupt 10" in said
    pando.poweroff()
