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

while read -r program; do
	echo "= begin $program"
	cd "/kselftest/${program%/*}" || continue
	timeout -s KILL "$LIMIT" "./${program##*/}" </dev/null 2>&1
	status=$?
	echo
	echo "= status $status"
done </programs
echo "= finished"
