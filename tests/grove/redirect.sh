# Redirections, here-documents, pipes
d=$(mktemp -d); cd $d
echo one > a; echo two >> a; cat < a; cat a > b 2>&1; cat b
{ echo out; echo err >&2; } > o 2> e; cat o e
{ echo out; echo err >&2; } > oe 2>&1; cat oe
{ echo out; echo err >&2; } 2>&1 >/dev/null | cat
(echo sub; echo err >&2) 2>&1 | sort
exec 3> three; echo to3 >&3; exec 3>&-; cat three; echo x 2>/dev/null >&3 || echo closed
exec 4< a; read x <&4; echo $x; read x <&4; echo $x; exec 4<&-
exec 5<> rw; echo hello >&5; exec 5>&-; cat rw
set -C; echo no > a 2>/dev/null || echo noclobber; echo yes >| a; set +C; cat a
> empty; wc -c < empty; >empty2 <a; ls
cat nofile 2>/dev/null || echo failed
cat < nofile 2>/dev/null || echo failed2; echo $?
echo x > /nonexistent/y 2>/dev/null; echo $?
(: < nofile; echo not reached) 2>/dev/null; echo $?
for i in 1 2 3; do echo $i; done > loop; cat loop
while read x; do echo "<$x>"; done < loop
f() { echo func; echo e >&2; } 2> fe; f; cat fe
if true; then echo if; fi > ifo; cat ifo
x=v
cat <<E
plain $x ${x} $(echo sub) $((1+1)) `echo back` \$x \\ "quoted" 'single' \x
E
cat <<'E'
raw $x $(echo) \$x \
next
E
cat <<"E" ; cat <<\F
raw2 $x
E
raw3 $x
F
cat <<-E
	tabs $x
		more
	E
cat <<A; cat <<B
a
A
b
B
cat <<E | tr a-z A-Z
piped
E
cat <<E
joined \
line "${x}" ${none:-"default val"} ${x:+'set'}
E
f() { cat <<E
in function $1
E
}
f arg; f two
y=$(cat <<E
in substitution
E
); echo "$y"
cat <<E && echo after
body
E
cat <<E

blank above
E
for i in 1 2; do cat <<E
loop $i
E
done
cat <<EOF1
$(cat <<EOF2
inner
EOF2
)
EOF1
while read a b; do echo "$b $a"; done <<E
1 2
3 4
E
echo to stderr 2>&1 >&2 | cat
echo abc | cat | cat | tr a-c x-z; true | false; echo $?; false | true; echo $?
seq 1 10000 | head -n 2; yes | head -n 1
echo 1 >&2 2>/dev/null; echo $(echo a; echo b 2>&1 >/dev/null)
cat 0<a; echo x 1>n; cat n; echo 2>two; cat two
big=$(seq 1 3000); cat <<E | wc
$big
E
ls *; echo [a-e]*; echo "*"; echo \*; echo no*match; echo */; echo .*z; set -f; echo *; set +f
mkdir -p sub/deep; touch sub/f1 sub/f2 sub/deep/g sub/.hid; echo */*; echo sub/f?; echo */*/g; echo sub/; echo */
echo sub/.h*; echo ./su*; echo $d/su* | sed "s|$d||"; v='sub/*'; echo $v "$v"; for f in sub/f*; do echo $f; done
echo [!a]* | wc -w; touch 'a b' 'x*y'; echo a\ *; for f in a*; do echo "<$f>"; done; echo x\*y x'*'*
cd /; rm -rf $d
