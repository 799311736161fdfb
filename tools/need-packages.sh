#!/bin/bash
# Install what is missing, and nothing else:  tools/need-packages.sh run [test] [check] [analyze] [llvm] [sdcard] [boards]
# Install what is missing, and nothing else:  tools/need-packages.sh run [test] [check] [llvm] [sdcard] [boards] [models]
#
# Each group is a list of "probe|package|reason" lines. A probe that succeeds (a command on PATH, or a file when it starts
# with a slash) needs nothing. What is missing is told with its reason; apt-get installs it after a question on a terminal,
# at once without one. On a system without apt the packages are named and this script stops.
set -u

needs() {
	case $1 in
	run) cat <<-'LIST'
		riscv64-linux-gnu-gcc|gcc-riscv64-linux-gnu|compiles the kernel
		/usr/riscv64-linux-gnu/lib/libc.a|libc6-dev-riscv64-cross|the C library for the programs of the initramfs
		qemu-system-riscv64|qemu-system-misc|the machine that runs it, with its firmware
		/usr/bin/python3|python3|generates the system-call tables and packs the initramfs
		LIST
		[ -e /usr/share/qemu/opensbi-riscv64-generic-fw_dynamic.bin ] ||
			echo "/usr/lib/riscv64-linux-gnu/opensbi/generic/fw_dynamic.bin|opensbi|the firmware"
		;;
	test) cat <<-'LIST'
		gcc|gcc|compiles the host tests
		/usr/include/stdio.h|libc6-dev|headers for the host tests
		/usr/include/cmocka.h|libcmocka-dev|the host tests' framework
		/usr/include/libfdt.h|libfdt-dev|checks the device-tree parser against another one
		dtc|device-tree-compiler|makes device trees for the host tests
		/usr/lib/python3/dist-packages/pytest|python3-pytest|runs the boot and console tests
		/usr/lib/python3/dist-packages/pexpect|python3-pexpect|drives the console
		/usr/lib/riscv64-linux-gnu/opensbi/generic/fw_jump.bin|opensbi|boots through other firmware than QEMU's own
		/usr/share/keyrings/debian-archive-keyring.gpg|debian-archive-keyring|checks what the Linux oracle fetches
		cpio|cpio|checks the cpio reader against another one
		/usr/bin/kill|procps|the kill that grove's is compared with
		dash|dash|the shell that grove's shell is compared with
		LIST
		;;
	sdcard) cat <<-'LIST'
		/sbin/sgdisk|gdisk|makes the partition table of a card
		/sbin/mkfs.fat|dosfstools|makes the FAT file system of a card
		mcopy|mtools|puts files on it without mounting
		/sbin/mke2fs|e2fsprogs|makes an ext4 file system, if that is asked for
		/usr/share/keyrings/debian-archive-keyring.gpg|debian-archive-keyring|checks the firmware and device trees that are fetched
		LIST
		;;
	boards) cat <<-'LIST'
		/usr/lib/u-boot/qemu-riscv64_smode/u-boot.bin|u-boot-qemu|U-Boot for QEMU's virt machine
		mkimage|u-boot-tools|makes a script for the Unleashed's U-Boot
		fdtput|device-tree-compiler|changes device trees for the tests
		LIST
		;;
	models) cat <<-'LIST'
		spin|spin|checks the models of tests/models
		gcc|gcc|compiles the checkers that spin makes
		LIST
		;;
	check | llvm) cat <<-'LIST'
		clang|clang|the second compiler
		ld.lld|lld|its linker
		LIST
		[ "$1" = llvm ] || cat <<-'LIST'
		shellcheck|shellcheck|reads the shell scripts
		flake8|flake8|reads the Python scripts
		LIST
		;;
	analyze) cat <<-'LIST'
		clang-tidy|clang-tidy|one of the analyzers
		cppcheck|cppcheck|another
		LIST
		;;
	esac
}

present() {
	case $1 in
	/*) [ -e "$1" ] ;;
	*) command -v "$1" >/dev/null ;;
	esac
}

packages=()
for group in "$@"; do
	while IFS='|' read -r probe package reason; do
		present "$probe" && continue
		case " ${packages[*]} " in *" $package "*) continue ;; esac
		[ ${#packages[@]} -gt 0 ] || echo "Pando needs packages that are not installed:"
		printf '  %-26s %s\n' "$package" "$reason"
		packages+=("$package")
	done < <(needs "$group")
done
[ ${#packages[@]} -gt 0 ] || exit 0

if ! command -v apt-get >/dev/null; then
	echo "This system has no apt-get: install the above (named here as Debian names them), then run make again."
	exit 1
fi
sudo=()
if [ "$(id -u)" != 0 ]; then
	if ! command -v sudo >/dev/null; then
		echo "Neither root nor sudo. As root:  apt-get install --no-install-recommends ${packages[*]}"
		exit 1
	fi
	sudo=(sudo)
fi
if [ -t 0 ] && [ -t 1 ]; then
	read -r -p "Install them with apt-get? [Y/n] " answer
	case $answer in "" | [Yy]*) ;; *) echo "Not installed."; exit 1 ;; esac
fi

install() {
	"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive \
		apt-get install -y -q --no-install-recommends "${packages[@]}"
}
# Lists that were never read know no package: read them when one is not known, and try again.
apt-cache policy "${packages[@]}" | grep -q 'Candidate: (none)' && unknown=1 || unknown=0
[ "$(apt-cache policy "${packages[@]}" | grep -c Candidate:)" -ge ${#packages[@]} ] || unknown=1
[ "$unknown" = 0 ] || "${sudo[@]}" apt-get update -q || exit 1
install || { "${sudo[@]}" apt-get update -q && install; } || {
	echo "apt-get could not install: ${packages[*]}"
	exit 1
}
