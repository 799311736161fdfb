# Lists, loops, conditions, functions
true && echo and; false && echo no; false || echo or; true || echo no
true && false || echo chain; ! false && echo not; ! true || echo not2
if true; then echo t; fi; if false; then echo no; else echo e; fi
if false; then echo 1; elif true; then echo 2; else echo 3; fi
if false; then echo x; fi; echo $?
i=0; while [ $i -lt 3 ]; do echo w$i; i=$((i+1)); done
until [ $i -eq 0 ]; do i=$((i-1)); done; echo $i
for f in a b c; do [ $f = b ] && continue; echo $f; done
for f in a b c; do [ $f = b ] && break; echo $f; done; echo $f
for f in; do echo never; done; echo "empty $?"
set -- p q; for f; do echo $f; done
for f
in x y
do
	echo $f
done
for i in 1 2 3; do for j in 1 2 3; do [ $j = 2 ] && continue 2; [ $i = 3 ] && break 2; echo $i$j; done; done
while true; do while true; do break 2; done; echo no; done; echo out
case abc in a*) echo star;; *) echo no;; esac
case x in a|x) echo alt;; esac; case x in (x) echo paren;; esac
case "a b" in "a b") echo quoted;; esac; case '*' in '\*') echo no;; \*) echo esc;; esac
v='a*'; case abc in $v) echo pattern;; esac; case abc in "$v") echo no;; *) echo literal;; esac
case x in y) ;; esac; echo $?; case "" in "") echo empty;; esac
case b in [a-c]) echo range;; esac; case d in [!a-c]) echo negated;; esac; case 5 in [[:digit:]]) echo class;; esac
case x in
	a) echo a
	;;
	x)
		echo x
esac
f() { echo "f $# $1"; return 3; }; f a b; echo $?
g() (echo sub; x=inner); x=outer; g; echo $x
h() { x=changed; }; h; echo $x
l() { local x=loc y; echo "$x ${y-unset}"; x=2; l2; echo $x; }; l2() { echo "in $x"; x=3; }; x=glob; l; echo $x
fact() { if [ $1 -le 1 ]; then echo 1; else echo $(( $1 * $(fact $(($1 - 1))) )); fi; }; fact 10
r() { for i in 1 2 3; do [ $i = 2 ] && return 7; echo $i; done; }; r; echo $?
r2() { while :; do return; done; }; false; r2; echo "r2 $?"
f() { echo redefined; }; f
f() { f() { echo second; }; echo first; }; f; f
{ echo group; echo two; } | cat; { echo one; }; (echo sub; exit 4); echo $?
(cd /; pwd); x=1; (x=2; echo $x); echo $x
{ x=5; }; echo $x
echo a; echo b & wait; echo c
true; echo $?; false; echo $?; sh -c 'exit 42'; echo $?
/nonexistent/x 2>/dev/null; echo $?; nonexistent_cmd 2>/dev/null; echo $?
x=1 true; echo $x; y=7 sh -c 'echo $y'; y=8 env | grep ^y=
x=a; x=b eval 'echo $x'; x=c; f() { echo "f:$x"; }; x=d f
if true
then
	echo newline-style
fi
true &&
	echo continued ||
	echo no
echo one |
	cat
eval 'echo eval; echo $x'; eval echo '"a  b"'; eval "x=9"; echo $x; eval; echo $?
eval 'for i in 1 2
do echo $i
done'
while read line; do echo "got $line"; done <<E
1
2
E
echo 1 2 3 | { read a b; echo "$a-$b"; }
printf '%s\n' 'a\bb c' | { read x y; echo "$x|$y"; }; printf '%s\n' 'a\qb c' | { read -r x y; echo "$x|$y"; }
echo ' lead trail ' | { read x; echo "<$x>"; }; echo 'a:b:c' | { IFS=: read x y; echo "$x $y"; }
echo 'a:b:c:' | { IFS=: read x y z; echo "$x $y $z"; }; printf 'no newline' | { read x; echo "$? $x"; }
printf 'a\\\nb\n' | { read x; echo "$x"; }; read x </dev/null; echo $?
echo 1 | while read x; do echo $x; y=in; done; echo ${y-}
f() { set -- x y; echo $#; }; set -- 1; f; echo $#
: && echo colon; command echo command; command -v f; unset -f f; f 2>/dev/null; echo $?
test -n "a" -a 1 -lt 2 && echo test; [ "$x" = "" ] || echo bracket; [ -d / ] && echo dir
readonly ro=1; (ro=2) 2>/dev/null; echo "ro $ro"; (unset ro) 2>/dev/null; echo $ro
export ex=1; sh -c 'echo $ex'; unset ex; sh -c 'echo ${ex-unset}'
n() { return; }; n && echo n; false || n; echo $?
x='echo from variable'; $x; c=echo; $c x
if (exit 3); then echo no; else echo $?; fi
! false; echo $?; ! true; echo $?; ! true | false; echo $?
i=5; while [ $((i=i-1)) -gt 0 ]; do case $i in 3) continue;; 1) break;; esac; echo i$i; done
for i in 1 2; do echo $i; done | cat; for i in 1 2; do echo $i; done > /dev/null; echo $i
if [ -n "$(for i in 1; do echo x; done)" ]; then echo nested; fi
f() { echo $1; [ $1 -gt 0 ] && f $(($1-1)); }; f 3
echo "$(f 1)" "$( (echo sub) )"
. /dev/null; echo $?
