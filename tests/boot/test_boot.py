"""The machine comes up: any number of harts, any memory, any firmware, both CPUs; and goes down in order."""
import os
import re
import subprocess
import sys

import pytest

from conftest import OPENSBI, ROOT


def memory_kb(pando):
    return int(re.search(r"MemTotal:\s+(\d+)", pando.run("cat /proc/meminfo"))[1])


def harts(pando):
    return len(re.findall(r"^processor\s*:", pando.run("cat /proc/cpuinfo"), re.M))


@pytest.mark.parametrize("smp", [1, 2, 4, 8])
def test_harts(boot, smp):
    pando = boot(smp=smp)
    assert harts(pando) == smp
    pando.poweroff()


@pytest.mark.parametrize("mem,megabytes", [("16M", 16), ("32M", 32), ("128M", 128), ("1G", 1024), ("3G", 3072),
                                           ("4G", 4096), ("8G", 8192)])
def test_memory(boot, mem, megabytes):
    pando = boot(mem=mem, smp=2)
    total = memory_kb(pando)
    assert total <= megabytes * 1024
    assert total >= megabytes * 1024 * 0.94 - 5 * 1024, "more memory is missing than firmware and kernel explain"
    pando.poweroff()


@pytest.mark.parametrize("firmware", ["fw_jump.bin", "fw_dynamic.bin"])
def test_firmware(boot, firmware):
    path = os.path.join(OPENSBI, firmware)
    if not os.path.exists(path):
        pytest.skip(f"no {path}")
    boot(bios=path).poweroff()


@pytest.mark.parametrize("smp", [1, 4])
def test_sifive_u54(boot, smp):
    """No stimecmp, no senvcfg: the timer goes through SBI."""
    pando = boot(cpu="sifive-u54", smp=smp)
    pando.run("sleep 0.1")
    assert harts(pando) == smp
    pando.poweroff()


def test_reboot_leaves(boot):
    """QEMU is told not to reboot, so the order to do so ends it."""
    pando = boot(smp=2)
    pando.line("reboot")
    pando.ends()


def test_maxcpus(boot):
    assert harts(boot(smp=4, append="maxcpus=2")) == 2


def test_mem_limit(boot):
    """QEMU puts the initramfs 128 MiB up, so the limit has to be above that."""
    assert memory_kb(boot(mem="512M", append="mem=256M")) <= 256 * 1024


def test_boot_id(boot):
    """The same all through a boot, another in the next: QEMU puts a seed of its own into each device tree."""
    machines = [boot(smp=1) for _ in range(2)]
    ids = [[pando.run("cat /proc/sys/kernel/random/boot_id") for _ in range(2)] for pando in machines]
    assert ids[0][0] == ids[0][1] and ids[1][0] == ids[1][1]
    assert ids[0][0] != ids[1][0]
    assert all(re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", two[0])
               for two in ids)


def test_quiet(boot):
    """quiet: nothing but the firmware's and the programs' own lines before the prompt."""
    pando = boot(append="quiet", wait=False)
    before = pando.prompt()
    loud = boot(wait=False).prompt()
    assert len(before) < len(loud)
    assert not re.search(r"^\[ *\d+\.\d+\]", before, re.M)


def test_command_line_is_shown(boot):
    pando = boot(append="flavour=aspen")
    assert pando.run("cat /proc/cmdline") == "console=ttyS0 flavour=aspen"


def test_words_reach_init(boot, cpio, riscv_program):
    """Words the kernel does not know go to init: NAME=value into its environment, the others as arguments."""
    program = riscv_program("""
        #include <stdio.h>
        #include <stdlib.h>
        #include <sys/reboot.h>
        int main(int argc, char **argv)
        {
            printf("argc=%d last=%s tree=%s\\n", argc, argv[argc - 1], getenv("TREE"));
            fflush(stdout);
            reboot(RB_POWER_OFF);
        }""")
    pando = boot(initrd=cpio({"init": program}), append="TREE=aspen single", wait=False)
    pando.expect(r"argc=2 last=single tree=aspen")
    pando.ends()


def test_rdinit(boot, cpio, riscv_program):
    program = riscv_program("""
        #include <stdio.h>
        #include <sys/reboot.h>
        int main(void)
        {
            puts("the other one runs");
            fflush(stdout);
            reboot(RB_POWER_OFF);
        }""")
    pando = boot(initrd=cpio({"init": "#!/nothing", "sbin/other": program}), append="rdinit=/sbin/other", wait=False)
    pando.expect("the other one runs")
    pando.ends()


def test_debian_busybox_userland(boot, oracle, tmp_path):
    """An initramfs as one would make it for Linux."""
    image = tmp_path / "busybox.cpio"
    subprocess.run([sys.executable, os.path.join(ROOT, "tools/mkinitramfs.py"), "--busybox", oracle("busybox"),
                    "-o", str(image)], check=True)
    pando = boot(initrd=str(image), prompt=r"busybox:[^\r\n]*# ")
    assert pando.run("uname -m") == "riscv64"
    assert pando.run("echo $((6 * 7)) | md5sum") == "50a2fabfdd276f573ff97ace8b11c5f4  -"
    assert "processor" in pando.run("cat /proc/cpuinfo")
