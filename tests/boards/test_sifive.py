"""The HiFive Unleashed as QEMU has it: started directly, and all the way from the SD card as the board does."""
import subprocess

import pytest

from conftest import IMAGE, INITRD
from rig import QUIET, Tree, comes_up, make_card, need

FIRST_SECTOR = 34
SECTOR = 512
FLASH_SIZE = 32 << 20
SPL_TYPE = "5B193300-FC78-40CD-8002-E86C45580B47"
UBOOT_TYPE = "2E54B353-1271-4842-806F-E436D6AF6985"


def reboots(pando):
    """There is no way to switch this machine off; to reset it there is, and QEMU then ends."""
    pando.line("reboot")
    pando.ends()


def test_direct(boot):
    pando, said = comes_up(boot, ["qemu-system-riscv64", "-M", "sifive_u", "-smp", "5", "-m", "512M", *QUIET, "-kernel",
                                  IMAGE, "-initrd", INITRD])
    assert "4 of 4 harts run" in said and "ttySIF0: interrupt 4" in said
    assert "hart\t\t: 0" not in pando.run("cat /proc/cpuinfo")
    reboots(pando)


def test_power_off_is_refused_in_words(boot):
    pando, _ = comes_up(boot, ["qemu-system-riscv64", "-M", "sifive_u", "-smp", "2", "-m", "256M", *QUIET, "-kernel",
                               IMAGE, "-initrd", INITRD])
    pando.line("poweroff -f")
    pando.expect("can't be switched off")


def test_dead_hart(boot, tmp_path):
    """The firmware accepts to start hart 0, which has no supervisor mode, and it never comes."""
    tree = Tree.of_machine(tmp_path, "sifive_u", smp=3, mem="256M")
    tree.put("cpu@0", "mmu-type", '"riscv,sv39"').put("cpu@0", "riscv,isa", '"rv64imafdc"')
    pando, said = comes_up(boot, ["qemu-system-riscv64", "-M", "sifive_u", "-smp", "3", "-m", "256M", *QUIET, "-kernel",
                                  IMAGE, "-initrd", INITRD, "-dtb", tree.write(tmp_path / "dead.dtb")])
    assert "hart 0 was started and did not come" in said
    assert "2 of 3 harts run" in said
    reboots(pando)


def card_piece(card, sector, sectors):
    with open(card, "rb") as file:
        file.seek(sector * SECTOR)
        return file.read(sectors * SECTOR)


def flash_with_firmware(path, spl, uboot):
    """msel=6: the board starts from its SPI flash, which has a partition table of its own."""
    with open(path, "wb") as file:
        file.truncate(FLASH_SIZE)
    subprocess.run(["/sbin/sgdisk", "-o", "-a", "1", "-n", "1:40:2087", "-t", f"1:{SPL_TYPE}", "-n", "2:2088:10279",
                    "-t", f"2:{UBOOT_TYPE}", str(path)], check=True, stdout=subprocess.DEVNULL)
    with open(path, "r+b") as file:
        for sector, data in ((40, spl), (2088, uboot)):
            file.seek(sector * SECTOR)
            file.write(data)


def flash_with_script(path, folder):
    """msel=11: all comes from the card. QEMU 7.2 loses the card's first answer to U-Boot; the script in the flash,
    which U-Boot reads first, has it ask once more."""
    (folder / "boot.cmd").write_text("run bootcmd_mmc0\n")
    subprocess.run([need("/usr/bin/mkimage", "u-boot-tools"), "-T", "script", "-C", "none", "-A", "riscv", "-d",
                    str(folder / "boot.cmd"), str(folder / "boot.scr")], check=True, stdout=subprocess.DEVNULL)
    with open(path, "wb") as file:
        file.truncate(FLASH_SIZE)
        file.seek(FLASH_SIZE - 4096)
        file.write((folder / "boot.scr").read_bytes())


@pytest.mark.parametrize("msel", [6, 11])
def test_whole_chain(boot, tmp_path, msel):
    """SPL, OpenSBI, U-Boot, extlinux, Pando, shell: all from the card that make sdcard makes."""
    card, flash = tmp_path / "card", tmp_path / "flash"
    if "u-boot-sifive could not be had" in make_card("unleashed", card):
        pytest.skip("Debian's u-boot-sifive cannot be fetched here: no firmware for the card")
    (tmp_path / "spl").write_bytes(card_piece(card, FIRST_SECTOR, 2048))
    if msel == 6:
        flash_with_firmware(flash, card_piece(card, FIRST_SECTOR, 2048), card_piece(card, 2082, 4096))
    else:
        flash_with_script(flash, tmp_path)
    pando, said = comes_up(boot, ["qemu-system-riscv64", "-M", f"sifive_u,msel={msel}", "-smp", "5", "-m", "8G", *QUIET,
                                  "-bios", str(tmp_path / "spl"), "-drive", f"file={card},format=raw,if=sd,snapshot=on",
                                  "-drive", f"file={flash},format=raw,if=mtd,snapshot=on"], timeout=120)
    assert "Trying to boot from " + ("SPI" if msel == 6 else "MMC1") in said
    assert "hifive-unleashed-a00.dtb" in said, "the card's own tree is used"
    assert "erratum U54" in said
    assert "4 of 4 harts run" in said
    reboots(pando)
