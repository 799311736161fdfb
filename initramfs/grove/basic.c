/*
 * echo, printf, test, [, true, false, yes: what scripts are made of
 *
 * None of them touches the process: no descriptor stays open and no setting
 * changes, so the shell calls them inside itself. A failure inside test leaves
 * with status 2, as POSIX asks, since 1 means "false".
 */

#include "initramfs/grove/grove.h"

#include <sys/stat.h>

APPLET_NAMED(true, "true", APPLET_INLINE, "", "succeed");
static int true_main(int argc, char **argv)
{
	(void)argc, (void)argv;
	return 0;
}

APPLET_NAMED(false, "false", APPLET_INLINE, "", "fail");
static int false_main(int argc, char **argv)
{
	(void)argc, (void)argv;
	return 1;
}

APPLET(yes, "[WORD]...", "print the words (or y) until killed");
static int yes_main(int argc, char **argv)
{
	while (!ferror(stdout)) {
		if (argc < 2)
			fputs("y", stdout);
		for (int i = 1; i < argc; i++)
			printf("%s%s", argv[i], i + 1 < argc ? " " : "");
		putchar('\n');
	}
	return 1;
}

/* --- echo and printf --- */

/* Up to `max` digits of `base` at *p as one number; *p moves past them. */
static int escape_number(const char **p, int base, int max)
{
	const char digits[] = "0123456789abcdef";
	int value = 0;

	for (; max > 0 && **p; max--, (*p)++) {
		const char *d = strchr(digits, **p | (**p >= 'A' ? 0x20 : 0));

		if (!d || d - digits >= base)
			break;
		value = value * base + (int)(d - digits);
	}
	return value;
}

/*
 * Print the escape whose backslash is just before *p and move past it. Octal is
 * \NNN in a printf format and \0NNN in echo -e and %b. False at \c: stop all output.
 */
static bool escape_print(const char **p, bool leading_zero)
{
	const char from[] = "abefnrtv\\\"", to[] = "\a\b\033\f\n\r\t\v\\\"";
	const char *known;

	if (**p == 'c')
		return false;
	if (**p >= '0' && **p <= '7') {
		putchar(escape_number(p, 8, leading_zero && **p == '0' ? 4 : 3));
	} else if (**p == 'x') {
		(*p)++;
		putchar(escape_number(p, 16, 2));
	} else if (**p && (known = strchr(from, **p))) {
		putchar(to[known - from]);
		(*p)++;
	} else {
		putchar('\\');
	}
	return true;
}

/* Text with escapes, as echo -e and printf's %b print it. False after \c. */
static bool escaped_print(const char *s)
{
	while (*s) {
		if (*s++ != '\\')
			putchar(s[-1]);
		else if (!escape_print(&s, true))
			return false;
	}
	return true;
}

APPLET_NAMED(echo, "echo", APPLET_INLINE | APPLET_PLAIN_HELP,
	     "[-neE] [WORD]...\n  -n no newline  -e read \\ escapes  -E don't", "print words");
static int echo_main(int argc, char **argv)
{
	bool newline = true, escapes = false;
	int i = 1;

	for (; i < argc && argv[i][0] == '-' && argv[i][1]; i++) {
		if (argv[i][1 + strspn(argv[i] + 1, "neE")])
			break;
		for (const char *p = argv[i] + 1; *p; p++) {
			newline &= *p != 'n';
			escapes = *p == 'n' ? escapes : *p == 'e';
		}
	}
	for (; i < argc; i++) {
		if (!escapes)
			fputs(argv[i], stdout);
		else if (!escaped_print(argv[i]))
			return 0;
		if (i + 1 < argc)
			putchar(' ');
	}
	if (newline)
		putchar('\n');
	return 0;
}

/* The arguments of one printf, used up from left to right. */
struct printf_args {
	char **next;
	bool used;	/* this pass of the format took an argument */
	bool stop;	/* %b met \c */
	int status;
};

static const char *printf_arg(struct printf_args *args)
{
	args->used |= *args->next != NULL;
	return *args->next ? *args->next++ : NULL;
}

/* What strto*() read must be the whole argument; otherwise say so and go on. */
static void printf_check(struct printf_args *args, const char *arg, const char *end)
{
	if (end == arg || *end || errno) {
		if (errno)
			warn_errno("'%s'", arg);
		else
			warn(end == arg ? "'%s': expected a numeric value"
					: "'%s': value not completely converted", arg);
		args->status = 1;
	}
}

static long long printf_integer(struct printf_args *args, bool is_signed)
{
	const char *arg = printf_arg(args);
	long long value;
	char *end;

	if (!arg)
		return 0;
	if (*arg == '\'' || *arg == '"')
		return (unsigned char)arg[1];
	errno = 0;
	value = is_signed || *arg == '-' ? strtoll(arg, &end, 0)
					 : (long long)strtoull(arg, &end, 0);
	printf_check(args, arg, end);
	return value;
}

static double printf_float(struct printf_args *args)
{
	const char *arg = printf_arg(args);
	double value;
	char *end;

	if (!arg)
		return 0;
	errno = 0;
	value = strtod(arg, &end);
	printf_check(args, arg, end);
	return value;
}

/* One conversion whose % is at `p`; gives the first character after it. */
static const char *printf_convert(struct printf_args *args, const char *p)
{
	char spec[32] = "%";
	size_t flags = strspn(++p, "-+ #0");
	int width, precision = -1;
	const char *arg;

	memcpy(spec + 1, p, flags < 8 ? flags : 8);
	p += flags;
	width = *p == '*' ? (p++, (int)printf_integer(args, true))
			  : (int)strtol(p, (char **)&p, 10);
	if (*p == '.')
		precision = *++p == '*' ? (p++, (int)printf_integer(args, true))
					: (int)strtol(p, (char **)&p, 10);
	if (*p && strchr("diouxX", *p)) {
		sprintf(spec + strlen(spec), "*.*ll%c", *p);
		printf(spec, width, precision, printf_integer(args, strchr("di", *p)));
	} else if (*p && strchr("eEfFgGaA", *p)) {
		sprintf(spec + strlen(spec), "*.*%c", *p);
		printf(spec, width, precision, printf_float(args));
	} else if (*p == 's' || *p == 'c') {
		arg = printf_arg(args);
		strcat(spec, "*.*s");
		printf(spec, width, *p == 'c' ? 1 : precision, arg ? arg : "");
	} else if (*p == 'b') {
		arg = printf_arg(args);
		args->stop = arg && !escaped_print(arg);
	} else if (*p == '%') {
		putchar('%');
	} else {
		die("%%%.1s: invalid conversion specification", p);
	}
	return p + 1;
}

APPLET_NAMED(printf, "printf", APPLET_INLINE | APPLET_PLAIN_HELP, "FORMAT [ARG]...",
	     "print arguments in a format, used again while arguments remain");
static int printf_main(int argc, char **argv)
{
	struct printf_args args = { .next = argv + 2 };
	const char *p;

	if (argc < 2)
		usage(1);
	do {
		args.used = false;
		for (p = argv[1]; *p && !args.stop;) {
			if (*p == '%')
				p = printf_convert(&args, p);
			else if (*p++ != '\\')
				putchar(p[-1]);
			else if (!escape_print(&p, false))
				return args.status;
		}
	} while (*args.next && args.used && !args.stop);
	return args.status;
}

/* --- test --- */

/*
 * The grammar, loosest first:  or := and [-o and]...   and := not [-a not]...
 * not := ! not | primary   primary := A op B | ( or ) | -x FILE | STRING
 * "A op B" is tried before all else, so that `test "$x" = y` is a comparison
 * whatever $x holds, be it "!" or "(".
 */
struct test_words {
	char **word;
	int left;
};

static _Noreturn void test_error(const char *what, const char *word)
{
	warn("%s%s%s", word ? word : "", word ? ": " : "", what);
	applet_exit(2);
}

static const char *test_next(struct test_words *t)
{
	if (t->left == 0)
		test_error("missing argument", NULL);
	t->left--;
	return *t->word++;
}

static bool test_accept(struct test_words *t, const char *word)
{
	if (t->left == 0 || strcmp(*t->word, word) != 0)
		return false;
	test_next(t);
	return true;
}

static long long test_integer(const char *word)
{
	char *end;
	long long value;

	errno = 0;
	value = strtoll(word, &end, 10);
	while (*end == ' ')
		end++;
	if (end == word || *end || errno)
		test_error("integer expression expected", word);
	return value;
}

/* Negative when file a is older than file b; a missing file is older than any. */
static int test_file_age(const char *a, const char *b)
{
	struct stat sa, sb;
	bool has_a = stat(a, &sa) == 0, has_b = stat(b, &sb) == 0;

	if (!has_a || !has_b)
		return has_a - has_b;
	if (sa.st_mtim.tv_sec != sb.st_mtim.tv_sec)
		return sa.st_mtim.tv_sec < sb.st_mtim.tv_sec ? -1 : 1;
	return (sa.st_mtim.tv_nsec > sb.st_mtim.tv_nsec) -
	       (sa.st_mtim.tv_nsec < sb.st_mtim.tv_nsec);
}

static bool test_same_file(const char *a, const char *b)
{
	struct stat sa, sb;

	return stat(a, &sa) == 0 && stat(b, &sb) == 0 &&
	       sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino;
}

static const char *const test_operators[] = {
	"=", "==", "!=", "<", ">", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef",
};

static int test_operator(const char *word)
{
	for (size_t i = 0; i < ARRAY_LEN(test_operators); i++)
		if (strcmp(word, test_operators[i]) == 0)
			return (int)i;
	return -1;
}

static bool test_binary(const char *a, int op, const char *b)
{
	long long left, right;
	int order;

	if (op < 5) {
		order = strcmp(a, b);
		return op < 2 ? order == 0 : op == 2 ? order != 0 : op == 3 ? order < 0 : order > 0;
	}
	if (op == 13)
		return test_same_file(a, b);
	if (op > 10)
		return op == 11 ? test_file_age(a, b) > 0 : test_file_age(a, b) < 0;
	left = test_integer(a);
	right = test_integer(b);
	order = (left > right) - (left < right);
	switch (op) {
	case 5: return order == 0;
	case 6: return order != 0;
	case 7: return order < 0;
	case 8: return order <= 0;
	case 9: return order > 0;
	default: return order >= 0;
	}
}

static bool test_unary(char op, const char *arg)
{
	struct stat st;

	switch (op) {
	case 'n': return *arg != '\0';
	case 'z': return *arg == '\0';
	case 't': return isatty((int)test_integer(arg));
	case 'r': return eaccess(arg, R_OK) == 0;
	case 'w': return eaccess(arg, W_OK) == 0;
	case 'x': return eaccess(arg, X_OK) == 0;
	case 'h':
	case 'L': return lstat(arg, &st) == 0 && S_ISLNK(st.st_mode);
	}
	if (stat(arg, &st) < 0)
		return false;
	switch (op) {
	case 'e': return true;
	case 'f': return S_ISREG(st.st_mode);
	case 'd': return S_ISDIR(st.st_mode);
	case 'b': return S_ISBLK(st.st_mode);
	case 'c': return S_ISCHR(st.st_mode);
	case 'p': return S_ISFIFO(st.st_mode);
	case 'S': return S_ISSOCK(st.st_mode);
	case 's': return st.st_size > 0;
	case 'u': return st.st_mode & S_ISUID;
	case 'g': return st.st_mode & S_ISGID;
	case 'k': return st.st_mode & S_ISVTX;
	case 'O': return st.st_uid == geteuid();
	default: return st.st_gid == getegid();
	}
}

static bool test_or(struct test_words *t);

static bool test_not(struct test_words *t)
{
	const char *word;
	bool value;

	if (t->left >= 3 && test_operator(t->word[1]) >= 0) {
		t->word += 3;
		t->left -= 3;
		return test_binary(t->word[-3], test_operator(t->word[-2]), t->word[-1]);
	}
	word = test_next(t);
	if (strcmp(word, "!") == 0 && t->left > 0)
		return !test_not(t);
	if (strcmp(word, "(") == 0 && t->left > 0) {
		value = test_or(t);
		if (!test_accept(t, ")"))
			test_error("')' expected", NULL);
		return value;
	}
	if (t->left > 0 && word[0] == '-' && word[1] && !word[2] &&
	    strchr("bcdefghkLnprsStuwxzOG", word[1]))
		return test_unary(word[1], test_next(t));
	return *word != '\0';
}

/* Both sides are always parsed: `|` and `&`, not `||` and `&&`. */
static bool test_and(struct test_words *t)
{
	bool value = test_not(t);

	while (test_accept(t, "-a"))
		value &= test_not(t);
	return value;
}

static bool test_or(struct test_words *t)
{
	bool value = test_and(t);

	while (test_accept(t, "-o"))
		value |= test_and(t);
	return value;
}

#define TEST_USAGE "EXPRESSION\n" \
	"  ! E  E -a E  E -o E  ( E )  S = S  S != S  S < S  N -eq|-ne|-lt|-le|-gt|-ge N\n" \
	"  -n S  -z S  F -nt|-ot|-ef F  -bcdefghkLprsSuwxOG FILE  -t FD"

APPLET_NAMED(test, "test", APPLET_INLINE | APPLET_PLAIN_HELP, TEST_USAGE, "evaluate a condition");
static int test_main(int argc, char **argv)
{
	struct test_words t = { argv + 1, argc - 1 };
	bool value;

	if (t.left == 0)
		return 1;
	value = test_or(&t);
	if (t.left > 0)
		test_error("unexpected argument", *t.word);
	return !value;
}

APPLET_NAMED(bracket, "[", APPLET_INLINE | APPLET_PLAIN_HELP, TEST_USAGE " ]",
	     "evaluate a condition");
static int bracket_main(int argc, char **argv)
{
	if (strcmp(argv[argc - 1], "]") != 0)
		test_error("missing ']'", NULL);
	return test_main(argc - 1, argv);
}
