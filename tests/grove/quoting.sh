# Quotes, splitting and the expansions of parameters
show() { printf '%s:' "$#"; for a in "$@"; do printf '<%s>' "$a"; done; echo; }
x='a  b' e= g='*.none'
show $x "$x" '$x' \$x a"b  c"d'e  f'
show $e "$e" "" '' x$e "$e"x $e$e
show "a\"b" "a\$b" "a\\b" "a\nb" 'a\nb' a\ b "\`"
show ${x:-w} ${u:-w} ${u-w} ${e:-w} ${e-w} "${e:-w x}" ${e:-w x} ${u:-"w x"}
show ${x:+set} ${u:+set} ${e:+set} ${e+set} "${u+set}"
show ${#x} ${#e} ${#u} $# ${#}
: ${n:=new value}; show $n "$n"
: ${n=other}; show "$n"
p=/usr/lib/x.tar.gz
show ${p#*/} ${p##*/} ${p%.*} ${p%%.*} ${p#nothing} "${p##*.}" ${p%/*}
q='*'; show "${p#"$q"}" "${p#$q/}"
show "${u:-a'b}" "${u:-"q r"}" ${u:-'s  t'}
set -- one 'two  three' '' four
show "$@"; show $@; show "$*"; show $*; show "x$@y"; show "$@$@"; show a"$@"
IFS=:; show "$*" $*; v=a:b::c; show $v; v=:a:; show $v; v='a : b'; show $v
IFS=' :'; v='a : b :c: d'; show $v; v=' a '; show $v; v=': :'; show $v
IFS=; show "$*"; v='a b'; show $v
unset IFS; show $v "$*"
set --; show "$@"; show "$*"; show $@; show x"$@"; show "$@"x
show "${1-none}" "${1:-none}" "${@:-no args}"
set -- a b c d e f g h i j k l; show $10 ${10} ${12}; shift 3; show $1 $#; shift; show $1
show ~ | sed "s|$HOME|H|"; show ~/x | sed "s|$HOME|H|"; show "~" '~' a~ | cat
h=~/y; show $h | sed "s|$HOME|H|"
show a\
b "c\
d" 'e\
f'
show "$(echo "a  b")" $(echo "a  b") `echo "c  d"` "`echo "e  f"`"
show "$(printf 'x\n\n\n')" "$(printf '\n\nx')"
show $(echo '*none*') "`echo \`echo deep\``" `echo \\\\`
show "$(echo ")")" $(case x in x) echo case;; esac) "$(echo '"')" "$(echo "\"")"
show ${x} "${x}y" $x-y ${x}z $ "$" a$ $% "$ "
a=1 b=$a c="$a$b"; show $a $b $c
a=$x; show "$a"; a="$x"' '$x; show "$a"
show "${#x}" "$((${#x}+1))" $(( 1 + 2 ))
c='# no comment'; show $c # comment
show a#b '#' \#
x="semi;colon" y=a\;b; show "$x" $y
show 'multi
line' "multi
line"
show !x ! a! {a,b} } { ]
