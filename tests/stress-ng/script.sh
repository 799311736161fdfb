# Run by /init of the image that tools/stress-ng packs: every line of /stressors in turn, through Debian's stress-ng.
#
# A line is "name options", or "user:name options" for one that will not run as root. What the stressor says stands
# between "= begin" and "= status"; before and after it come the kernel's counts of its objects. /parameters sets
# SECONDS_EACH, INSTANCES and KIND (load or oom).
. /parameters
mkdir -p /dev/shm /tmp/work
chmod 1777 /tmp/work
mount -t tmpfs -o mode=1777 tmpfs /dev/shm

count_objects() {
	[ -e /proc/pando/objects ] || return
	echo "= objects $1"
	cat /proc/pando/objects
	echo "= end"
}

# What is held for later use is given back; what was deferred has a second to be done.
settle() {
	sleep 1
	echo 3 >/proc/sys/vm/drop_caches
}

# Every count of page tables and anonymous pages, compared with what the tables say.
check_memory() {
	[ -e /proc/sys/pando/check ] || return
	echo 1 >/proc/sys/pando/check
	echo "= check $(tr '\n' ' ' </proc/sys/pando/check)"
}

as_user() { su user -s /bin/sh -c "PATH=$PATH $*"; }

run_stressor() {
	name=${1#user:}
	as=
	[ "$name" = "$1" ] || as=as_user
	shift
	settle
	count_objects before
	echo "= begin $name"
	$as stress-ng "--$name" "$INSTANCES" -t "${SECONDS_EACH}s" --verify --temp-path /tmp/work "$@" 2>&1
	echo "= status $?"
	settle
	count_objects after
	check_memory
}

# More is asked for than there is: stress-ng's children are killed, this shell is not.
run_out_of_memory() {
	settle
	count_objects before
	echo "= begin $1"
	shift
	stress-ng "$@" -t "${SECONDS_EACH}s" --temp-path /tmp/work 2>&1
	echo "= status $?"
	settle
	echo "= alive $(echo shell | sed s/shell/SHELL/)"
	count_objects after
	check_memory
}

while read -r line; do
	# The words of a line are arguments.
	# shellcheck disable=SC2086
	if [ "$KIND" = oom ]; then run_out_of_memory $line; else run_stressor $line; fi
	# A killed parent can leave its working folder.
	rm -rf /tmp/work/*
done </stressors
echo "= finished"
