# Background, wait, traps, exit statuses, options
sleep 0.1 & p=$!; wait $p; echo $?; (exit 5) & wait $!; echo $?
sh -c 'exit 3' & a=$!; sh -c 'exit 4' & b=$!; wait $b; echo $?; wait $a; echo $?; wait; echo $?
sleep 5 & kill $!; wait $! 2>/dev/null; echo $?; sleep 5 & kill -9 $!; wait $! 2>/dev/null; echo $?
{ echo bg; echo bg2; } | cat & wait; false & wait $!; echo $?
x=1; x=2 & wait; echo $x; { sleep 0.1; echo late; } & echo early; wait
wait 99999 2>/dev/null; echo $?; cat & wait $!; echo $?
(trap 'echo bye' EXIT; echo in); (trap 'echo bye $?' EXIT; exit 3); echo $?
(trap 'echo got' TERM; kill -TERM $(sh -c 'echo $PPID'); echo after)
trap 'echo usr1' USR1; kill -USR1 $$; echo next; trap - USR1; trap '' USR2; kill -USR2 $$; echo ignored
trap 'echo a; echo b' INT; trap | sed 's/SIG//'; trap - INT USR2; trap
sh -c 'kill -TERM $$'; echo $?; sh -c 'kill -9 $$'; echo $?
(set -e; true; false; echo no); echo $?; (set -e; false || true; if false; then :; fi; ! true; echo yes); echo $?
(set -e; f() { false; echo in f; }; f || echo no; f && echo ok; echo end); echo $?
(set -e; f() { false; echo no; }; f; echo no); echo $?; (set -e; (false); echo no); echo $?
(set -e; x=$(false); echo no); echo $?; (set -e; true | false; echo no); echo $?; (set -e; while false; do :; done; echo loop)
(set -u; echo ${u-ok}; echo $u; echo no) 2>/dev/null; echo $?; (set -u; echo $#$@$*; echo "$@" end)
(set -x; echo traced; x=1; : $x) 2>&1
(echo ${u:?message}; echo no) 2>/dev/null; echo $?; (exit 300); echo $?
x=$(exit 3); echo $?; x=$(false)$(true); echo $?; echo $(false); echo $?; : $(false); echo $?; false; x=; echo $?
$(false); echo $?; $(true); echo $?; false; $(:); echo $?
echo $(echo a; exit 3) $?; false; echo $(echo $?)
f() { trap 'echo exit trap' EXIT; }; (f; echo body)
set -- -a -b val -c rest; while getopts ab:c o; do echo "$o ${OPTARG-}"; done; shift $((OPTIND-1)); echo "$@"
set -- -abval; OPTIND=1; while getopts ab: o; do echo "$o ${OPTARG-}"; done; echo $OPTIND
set -- -x; OPTIND=1; getopts :a o; echo "$o $OPTARG"; set -- -a; OPTIND=1; getopts :a: o; echo "$o $OPTARG"
while getopts xy:z o -xy 1 -y2 -z -xzy -- a; do echo "$o ${OPTARG-}"; done; echo $OPTIND; OPTIND=1
umask 027; umask; umask 22; umask; ulimit -n 100; ulimit -n
cd /usr; pwd; cd bin/..; pwd; cd - ; pwd; cd /nonexistent 2>/dev/null || echo cannot; echo $PWD; cd; [ "$PWD" = "$HOME" ] && echo home
sh -c 'echo $0 $1 $2' name a b; sh -c 'echo $#' ; sh -c 'echo "$@"' n 1 '2 3'; echo 'echo script $1' | sh -s 2>/dev/null
t=$(mktemp); echo 'echo "in $0 $#" | sed "s,/.*/,," ; return 6; echo no' > $t; . $t; echo $?; sh $t a | sed 's/tmp\..* /T /'; rm $t
exec 3>&1; x=$(echo to3 >&3; echo captured); echo $x; exec 3>&-
$nothing; echo $?; "" 2>/dev/null; echo $?; type cd >/dev/null; echo $?; type nonesuch >/dev/null 2>&1; echo $?
case $- in *i*) echo interactive;; *) echo script;; esac; [ $$ -gt 1 ] && echo pid
(sleep 0.1; echo one) & (sleep 0.3; echo two) & wait; echo all
exec sh -c 'echo replaced; exit 9'
