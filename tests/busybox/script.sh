#!/bin/sh
# Run by Debian's busybox ash on Linux and on Pando; every byte of its output must be the same on both. So nothing here
# prints a time, a process number, an address or a device.
set -u
cd /tmp || exit 1
section() { echo "--- $*"; }

section words and expansion
name=aspen
set -- one "two words" three
echo "$# $1 $2 ${3} ${name:-none} ${missing:-default} ${name%en} ${name#a} ${#name}"
echo $((2 + 3 * 4 - 5 % 3)) $((1 << 20)) $((0x1f & 12)) $(( -7 / 2 ))
case $name in birch) echo birch ;; a*n) echo pattern ;; esac
IFS=: ; for part in a:b:c; do for p in $part; do echo "part $p"; done; done; unset IFS

section functions, loops, conditions
factorial() { if [ "$1" -le 1 ]; then echo 1; else echo $(($1 * $(factorial $(($1 - 1))))); fi; }
factorial 10
i=0; while :; do i=$((i + 1)); [ $i = 3 ] && continue; [ $i -gt 5 ] && break; echo "turn $i"; done
until [ $i -eq 0 ]; do i=$((i - 1)); done; echo "down to $i"
f() { local name=inner; echo $name; return 7; }; f; echo "status $? $name"

section pipes
seq 1 1000 | awk '{ sum += $1 } END { print sum }'
yes pando | head -n 1000 | sort | uniq -c
seq 1 20 | tac | sed -n '3,5p' | tr '\n' ' '; echo
{ echo err >&2; echo out; } 2>/dev/null | cat -n
(exit 3) | true; echo "last of the pipe: $?"
seq 1 200000 | tail -n 1
dd if=/dev/zero bs=4096 count=64 2>/dev/null | md5sum

section here-documents
cat <<END
expanded $name $((6 * 7)) $(echo nested)
END
cat <<'END'
literal $name $((6 * 7))
END
cat <<-END
	tabs taken off
	END

section files
mkdir -p tree/a/b tree/c && cd tree || exit 1
for n in 1 2 3 4 5; do echo "file $n" > a/f$n; done
echo 'deep' > a/b/deep.txt; ln -s ../a/f1 c/link; ln a/f2 c/hard; touch -d '2001-02-03 04:05:06' a/f3
cp -r a copy; mv copy moved; rm moved/f1; cat c/link c/hard
find . -type f | sort
find . -name 'f[23]' -exec wc -c {} \; | sort
find . -type l -print; readlink c/link
stat -c '%n %s %F %a %h' a/f1 a/f2 a c/link | sed 's/^\(a\|c\/link\) [0-9]* \(.*\) [0-9]*$/\1 \2/'
chmod 640 a/f4; stat -c %a a/f4; ls -1 a; stat -c %Y a/f3
[ -d a ] && [ -L c/link ] && [ ! -e nothing ] && [ a/f1 -ef c/link ] && echo tests agree
test -x a/f1 || echo not executable
rmdir a 2>/dev/null || echo 'not empty'
cat nothing 2>&1; mkdir a 2>&1; cat a 2>&1; cd ..

section text tools
printf 'pear 3\napple 10\nfig 2\napple 1\n' > fruit
sort fruit; sort -k2n fruit; sort -u -k1,1 fruit | wc -l
sed -e 's/apple/APPLE/' -e '/fig/d' -e '$a\end' fruit
awk '{ count[$1] += $2 } END { for (f in count) print f, count[f] }' fruit | sort
awk 'BEGIN { printf "%5.2f|%-6s|%03d|%x\n", 3.14159, "ab", 7, 255; print substr("hello", 2, 3), toupper("up") }'
awk 'BEGIN { n = split("c a b", w); for (i = n; i; i--) s = s w[i] " "; sub(/b/, "B", s); print s, length(s), 2 ** 10 }'
grep -n apple fruit; grep -c . fruit; grep -v apple fruit | cut -d' ' -f1 | paste -s -d, -
tr a-z A-Z < fruit | rev | head -n 2; expr 7 \* 6; echo 'a,b;c' | tr ',;' '\n\n' | nl
diff fruit /dev/null > /dev/null; echo "diff says $?"; printf '%s\n' a b c | xargs -n 2 echo got
cmp fruit fruit && sort fruit fruit | uniq -d | wc -l; fold -w 10 <<-END
	a line that is longer than ten
	END

section archives and sums
tar -cf all.tar tree && tar -tf all.tar | sort | md5sum
mkdir out && tar -xf all.tar -C out && (cd out/tree && find . -type f -exec md5sum {} \; | sort)
gzip -c fruit | gunzip -c | cmp - fruit && echo gzip returns
tar -czf all.tgz tree && tar -xzOf all.tgz tree/a/b/deep.txt
seq 1 5000 > numbers; md5sum numbers; sha1sum numbers; sha256sum numbers
seq 1 5000 | bzip2 -c | bunzip2 -c | md5sum; od -b fruit | head -n 2; hexdump -C fruit | tail -n 2
echo 'text to wrap' | base64; echo 'dGV4dAo=' | base64 -d; strings fruit | wc -l

section background jobs and traps
(sleep 0.2; echo slow) & (echo quick) & wait; echo 'both done'
# Whether the shell tells of the death depends on whether it was waiting already.
sleep 5 & kill $!; wait $! 2>/dev/null; echo "killed: $?"
sh -c 'kill -SEGV $$' 2>/dev/null; echo "segv: $?"
sh -c 'trap "echo caught TERM; exit 9" TERM; kill -TERM $$; echo not here'; echo "trap: $?"
sh -c 'trap "echo leaving" EXIT; echo inside'
sh -c 'trap "" INT; kill -INT $$; echo survived'
trap 'echo usr1' USR1; kill -USR1 $$; trap - USR1
mkfifo pipe; cat pipe & echo 'through the fifo' > pipe; wait
sleep 0.1 && timeout 1 sleep 10; echo "timeout: $?"
exec 3> third; echo 'to three' >&3; exec 3>&-; cat third
(ulimit -n 20; ulimit -n); umask 027; touch masked; stat -c %a masked; umask 022
n=0; for k in 1 2 3 4 5 6 7 8; do (exit $k) & done; for k in 1 2 3; do wait; done; echo "waited $n"
true | false | true; echo $?; ! true; echo $?; command -v cat > /dev/null && type cd

section the rest
vi -h 2>&1 | head -n 20
env -i A=1 B=2 env | sort; basename /a/b.c .c; dirname /a/b/c; id -u; uname -s -m | cut -d' ' -f2
date -u -d @1000000000 '+%Y-%m-%d %H:%M:%S'; seq -s, 1 2 9; printf '%b' 'tab\there\n'; cal 9 2001
echo '2^100 / 3' | bc; echo '5 k 2 v p' | dc; nproc > /dev/null && echo nproc; echo abc > rw; dd if=rw bs=1 skip=1 count=1 2>/dev/null
echo; ls /proc/self/fd | wc -l; readlink /proc/self/exe; cat /proc/self/comm; tr '\0' ' ' < /proc/self/cmdline; echo
which md5sum; hostname grove 2>/dev/null && hostname; sync; echo 'at the end'
