# Run by /init of the image that tools/kselftest packs: every program under /kselftest that /programs names, in its own
# folder. Each gets LIMIT seconds (/parameters).
. /parameters
mkdir -p /dev/shm /dev/mqueue /sys/fs/cgroup
mount -t tmpfs -o mode=1777 tmpfs /dev/shm
mount -t mqueue mqueue /dev/mqueue 2>/dev/null
mount -t cgroup2 cgroup2 /sys/fs/cgroup 2>/dev/null
mount -t devpts devpts /dev/pts 2>/dev/null
mkdir -p /tmp/work
hostname host

# What execveat finds where it is usually run: bash and /dev/fd, and what its Makefile makes beside it.
ln -s /proc/self/fd /dev/fd
# A name that is too long to be opened is 127 to bash.
printf '#!/bin/sh\n[ -r "$1" ] || exit 127\nexec /bin/sh "$@"\n' >/bin/bash
chmod +x /bin/bash
if cd /kselftest/exec; then
	mkdir -p subdir
	printf '#!/bin/bash\nexit $*\n' >script
	chmod +x script
	ln -s execveat execveat.symlink
	cp execveat execveat.denatured
	chmod -x execveat.denatured
	: >Makefile
fi

while read -r program; do
	echo "= begin $program"
	cd "/kselftest/${program%/*}" || continue
	timeout -s KILL "$LIMIT" "./${program##*/}" </dev/null 2>&1
	status=$?
	echo
	echo "= status $status"
done </programs
echo "= finished"
