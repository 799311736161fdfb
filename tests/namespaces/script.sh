# Run on Linux and on Pando with Debian's unshare, nsenter and setpriv, as root and as an ordinary user; every byte of
# the output must be the same on both. So nothing here prints a process or namespace number or a time.
cd /tmp || exit 1
section() { echo "--- $*"; }
user() { /opt/setpriv --reuid=1000 --regid=1000 --clear-groups "$@"; }
wait_ready() { i=0; while [ ! -s ready ] && [ $i -lt 100 ]; do sleep 0.1; i=$((i + 1)); done; }
chmod 1777 /tmp
hostname outside

section root: uts
/opt/unshare --uts sh -c 'hostname inside; hostname'; hostname
section root: pid and proc
/opt/unshare --pid --fork sh -c 'echo $$'
/opt/unshare --pid --fork --mount-proc sh -c 'echo $$; ls /proc | grep -c "^[0-9]"; cat /proc/1/comm'
/opt/unshare --pid --fork --kill-child sh -c 'kill -9 1; kill -15 1; echo survived'
/opt/unshare --pid --fork sh -c 'sleep 100 & exit 3'; echo "status $?"
section root: mounts
mkdir -p m
/opt/unshare --mount sh -c 'mount -t tmpfs inner m; touch m/file; ls m; grep -c " /tmp/m " /proc/self/mounts'
ls m; grep -c " /tmp/m " /proc/self/mounts
/opt/unshare --mount --propagation unchanged true && echo unchanged
section root: net, time in proc, all at once
/opt/unshare --net true && echo net
mine=$(readlink /proc/self/ns/net)
/opt/unshare --net sh -c "[ \$(readlink /proc/self/ns/net) = '$mine' ] && echo same || echo other"
/opt/unshare --mount --uts --net --pid --fork sh -c 'echo $$'
section root: user
/opt/unshare --user id
/opt/unshare --user --map-root-user id
/opt/unshare --user --map-root-user cat /proc/self/uid_map
/opt/unshare --user --map-root-user cat /proc/self/setgroups
/opt/unshare --user --map-user=5 --map-group=7 id
/opt/unshare --user --map-users=0,0,10 --map-groups=0,0,10 sh -c 'id; cat /proc/self/uid_map'
/opt/unshare --map-auto --map-root-user true 2>/dev/null || echo no subuids

section root: nsenter
/opt/unshare --uts --mount --pid --fork sh -c 'hostname entered; echo ready > ready; exec sleep 100' &
wait_ready
child=$(cat /proc/$!/task/$!/children); child=${child% }
/opt/nsenter --target "$child" --uts hostname
/opt/nsenter --target "$child" --all hostname
/opt/nsenter --target "$child" --pid --mount sh -c 'kill -0 1 && echo sees init'
/opt/nsenter --uts=/proc/$child/ns/uts hostname
/opt/nsenter --target "$child" --uts --wd=/ pwd
/opt/nsenter --target 1 --uts hostname
kill -9 "$child"; wait $! 2>/dev/null; echo "status $?"
section root: persistent
touch kept; mount --bind /tmp/m /tmp/m
/opt/unshare --uts=/tmp/kept hostname inside
/opt/nsenter --uts=/tmp/kept hostname
umount kept && umount m && echo unmounted

section setpriv
user id
user /opt/setpriv --dump | sed -n '1,3p;/groups/p;/no_new/p'
/opt/setpriv --no-new-privs sh -c 'grep NoNewPrivs /proc/self/status'
/opt/setpriv --bounding-set -sys_admin sh -c '/opt/unshare --uts true' 2>&1
/opt/setpriv --inh-caps=-all --ambient-caps=-all id -u
user sh -c 'hostname no' 2>&1

section user: refused
user /opt/unshare --uts true 2>&1
user /opt/unshare --pid --fork true 2>&1
user /opt/unshare --mount true 2>&1
user /opt/nsenter --target 1 --uts true 2>&1
section user: a namespace of his own
user /opt/unshare --user id
user /opt/unshare --map-root-user id
user /opt/unshare --map-current-user id
user /opt/unshare --map-root-user --uts sh -c 'hostname mine; hostname'; hostname
user /opt/unshare --map-root-user --mount sh -c 'mkdir -p um; mount -t tmpfs none um && touch um/x && ls um; umount um'
user /opt/unshare --map-root-user --pid --fork --mount-proc sh -c 'echo $$; ls /proc | grep -c "^[0-9]"'
user /opt/unshare --map-root-user --pid --fork --mount --net --uts sh -c 'id -u; echo $$'
user /opt/unshare --map-root-user sh -c 'touch /etc/mine' 2>&1
user /opt/unshare --map-root-user sh -c 'touch own; chown 0:0 own; stat -c "%u %g" own; chown 1 own' 2>&1; stat -c '%u %g' own
user /opt/unshare --map-root-user sh -c 'stat -c "%u %g" / /init; kill -0 1' 2>&1
user /opt/unshare --map-root-user /opt/unshare --map-root-user --uts sh -c 'id -u; hostname deep; hostname'
user /opt/unshare --map-root-user sh -c 'cat /proc/self/uid_map /proc/self/gid_map /proc/self/setgroups'
user /opt/unshare --map-root-user grep Cap /proc/self/status
user /opt/unshare --map-root-user /opt/setpriv --reuid=1 true 2>&1
section user: nsenter
rm -f ready
/opt/setpriv --reuid=1000 --regid=1000 --clear-groups /opt/unshare --map-root-user --uts sh -c 'hostname his; echo ready > ready; exec sleep 100' &
wait_ready
user /opt/nsenter --target $! --user --uts --preserve-credentials sh -c 'hostname; id -u'
user /opt/nsenter --target $! --user --uts sh -c 'hostname; id -u'
/opt/nsenter --target $! --user --uts sh -c 'hostname; id -u'
kill -9 $!; wait $! 2>/dev/null; echo "status $?"
