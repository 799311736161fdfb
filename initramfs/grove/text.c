/*
 * cat, head, tail, wc, tee, seq: streams of text
 *
 * Each takes files as arguments, "-" or no argument meaning standard input, says
 * which files it could not read and goes on with the others. grep and sort, which
 * are larger, have files of their own.
 */

#include "initramfs/grove/common.h"

#include <ctype.h>
#include <fcntl.h>
#include <signal.h>

/* Call `each` on every named input, or standard input. 1 if any failed. */
static int inputs_each(char **names, bool (*each)(FILE *file, const char *name, void *arg),
		       void *arg)
{
	static char *const stdin_only[] = { "-", NULL };
	int status = 0;

	for (char *const *name = *names ? names : stdin_only; *name; name++) {
		FILE *file = input_open(*name);

		if (!file || !each(file, *name, arg))
			status = 1;
		if (file && ferror(file)) {
			warn_errno("%s", *name);
			clearerr(file);
			status = 1;
		}
		if (file)
			input_close(file);
	}
	return status;
}

/* --- cat --- */

static bool cat_copy(FILE *file, const char *name, void *arg)
{
	int err = copy_fd(fileno(file), STDOUT_FILENO);

	(void)arg;
	if (err != 0)
		warn_errno("%s", err == COPY_WRITE_FAILED ? "write error" : name);
	return err == 0;
}

static bool cat_numbered(FILE *file, const char *name, void *arg)
{
	int *line = arg, c;
	bool fresh = true;

	(void)name;
	while ((c = getc(file)) != EOF) {
		if (fresh)
			printf("%6d\t", ++*line);
		putchar(c);
		fresh = c == '\n';
	}
	return true;
}

APPLET(cat, "[-nu] [FILE]...\n  -n number the lines", "print files one after another");
static int cat_main(int argc, char **argv)
{
	bool numbered = false;
	int opt, line = 0;

	while ((opt = getopt(argc, argv, "nu")) != -1) {
		if (opt == '?')
			usage(1);
		numbered |= opt == 'n';
	}
	return inputs_each(argv + optind, numbered ? cat_numbered : cat_copy, &line);
}

/* --- head and tail --- */

/* What part of a file: `count` lines or bytes from its end or beginning. */
struct part {
	long long count;
	bool bytes, from_start, headers, first;
};

/* "==> name <==" before each file when there are several. */
static void part_header(struct part *part, const char *name)
{
	if (part->headers)
		printf("%s==> %s <==\n", part->first ? "" : "\n",
		       strcmp(name, "-") == 0 ? "standard input" : name);
	part->first = false;
}

static long long part_count(const char *arg)
{
	size_t len = strlen(arg);
	const char units[] = "KMG", *unit = len ? strchr(units, arg[len - 1]) : NULL;
	char *digits = xstrndup(arg, unit ? len - 1 : len);
	long long count = parse_number(digits, 0, INT64_MAX >> 30);

	free(digits);
	return unit ? count << (10 * (unit - units + 1)) : count;
}

static bool head_print(FILE *file, const char *name, void *arg)
{
	struct part *part = arg;
	long long left = part->count;
	int c;

	part_header(part, name);
	while (left > 0 && (c = getc(file)) != EOF) {
		putchar(c);
		if (part->bytes || c == '\n')
			left--;
	}
	return true;
}

APPLET(head, "[-n LINES | -c BYTES] [-qv] [FILE]...\n  -q no headers  -v always headers",
	"print the beginning of files");
static int head_main(int argc, char **argv)
{
	struct part part = { .count = 10, .first = true };
	int opt, verbose = 0;

	obsolete_count(argc, argv);
	while ((opt = getopt(argc, argv, "n:c:qv")) != -1) {
		if (opt == '?')
			usage(1);
		if (opt == 'q' || opt == 'v') {
			verbose = opt == 'v' ? 1 : -1;
			continue;
		}
		part.bytes = opt == 'c';
		part.count = part_count(optarg);
	}
	part.headers = verbose > 0 || (verbose == 0 && argc - optind > 1);
	return inputs_each(argv + optind, head_print, &part);
}

/*
 * The last lines of a stream can only be known at its end, so a window slides
 * over it that always holds at least the wanted part and drops what falls out.
 */
struct window {
	char *data;
	size_t start, end, room;
	long long units;	/* bytes, or ends of lines, in [start, end) */
};

static void window_append(struct window *w, const char *data, size_t len)
{
	if (w->start > w->room / 2) {
		memmove(w->data, w->data + w->start, w->end - w->start);
		w->end -= w->start;
		w->start = 0;
	}
	if (w->end + len > w->room)
		w->data = xrealloc(w->data, w->room = 2 * (w->end + len));
	memcpy(w->data + w->end, data, len);
	w->end += len;
}

static void window_trim(struct window *w, const struct part *part)
{
	/* A last line without its newline counts too. */
	long long limit = part->count, partial = 0;

	if (part->bytes) {
		if ((long long)(w->end - w->start) > limit)
			w->start = w->end - limit;
		return;
	}
	partial = w->end > w->start && w->data[w->end - 1] != '\n';
	for (; w->units + partial > limit && w->units > 0; w->units--)
		w->start =
			(char *)memchr(w->data + w->start, '\n', w->end - w->start) + 1 - w->data;
	if (limit == 0)
		w->start = w->end;
}

static void tail_last(FILE *file, const struct part *part)
{
	struct window w = { 0 };
	char buffer[4096];
	size_t n;

	while ((n = fread(buffer, 1, sizeof(buffer), file)) > 0) {
		window_append(&w, buffer, n);
		for (size_t i = 0; i < n; i++)
			w.units += buffer[i] == '\n';
		window_trim(&w, part);
	}
	if (w.data)
		fwrite(w.data + w.start, 1, w.end - w.start, stdout);
	free(w.data);
}

static bool tail_print(FILE *file, const char *name, void *arg)
{
	struct part *part = arg;
	long long skip = part->count - 1;
	int c;

	part_header(part, name);
	if (!part->from_start) {
		tail_last(file, part);
		return true;
	}
	while (skip > 0 && (c = getc(file)) != EOF)
		if (part->bytes || c == '\n')
			skip--;
	while ((c = getc(file)) != EOF)
		putchar(c);
	return true;
}

/* Copy what is added to a file, until killed. It starts at the file's present end. */
static void tail_follow(const char *name)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC);

	fflush(stdout);
	if (fd < 0 || lseek(fd, 0, SEEK_END) < 0)
		die_errno("%s", name);
	while (copy_fd(fd, STDOUT_FILENO) == 0)
		usleep(250000);
	die_errno("%s", name);
}

/* LIMIT: tail -f follows only the last file named. */
APPLET(tail, "[-n [+]LINES | -c [+]BYTES] [-fqv] [FILE]...\n"
	"  +N from the Nth on  -f keep printing what is added  -q no headers  -v headers",
	"print the end of files");
static int tail_main(int argc, char **argv)
{
	struct part part = { .count = 10, .first = true };
	bool follow = false;
	int opt, status, verbose = 0;

	obsolete_count(argc, argv);
	while ((opt = getopt(argc, argv, "n:c:fqv")) != -1) {
		if (opt == '?')
			usage(1);
		follow |= opt == 'f';
		if (opt == 'q' || opt == 'v')
			verbose = opt == 'v' ? 1 : -1;
		if (opt != 'n' && opt != 'c')
			continue;
		part.bytes = opt == 'c';
		part.from_start = *optarg == '+';
		part.count = part_count(optarg + (*optarg == '+' || *optarg == '-'));
	}
	part.headers = verbose > 0 || (verbose == 0 && argc - optind > 1);
	status = inputs_each(argv + optind, tail_print, &part);
	if (follow && argc > optind)
		tail_follow(argv[argc - 1]);
	return status;
}

/* --- wc --- */

struct counts {
	unsigned long long lines, words, bytes;
};

struct wc {
	struct counts total;
	bool lines, words, bytes;
	int width;
};

static void wc_line(const struct wc *wc, const struct counts *counts, const char *name)
{
	const char *space = "";

	if (wc->lines)
		printf("%*llu", wc->width, counts->lines), space = " ";
	if (wc->words)
		printf("%s%*llu", space, wc->width, counts->words), space = " ";
	if (wc->bytes)
		printf("%s%*llu", space, wc->width, counts->bytes);
	printf("%s%s\n", name ? " " : "", name ? name : "");
}

static bool wc_count(FILE *file, const char *name, void *arg)
{
	struct wc *wc = arg;
	struct counts n = { 0 };
	bool in_word = false;
	int c;

	while ((c = getc(file)) != EOF) {
		n.bytes++;
		n.lines += c == '\n';
		n.words += !in_word && !isspace(c);
		in_word = !isspace(c);
	}
	wc->total.lines += n.lines;
	wc->total.words += n.words;
	wc->total.bytes += n.bytes;
	wc_line(wc, &n, name);
	return true;
}

/* As coreutils: wide enough for the sum of the sizes, or 7 where one isn't known before. */
static int wc_width(char **names, int columns)
{
	static char *const stdin_only[] = { "-", NULL };
	unsigned long long sum = 0;
	int least = 1, width;
	struct stat st;

	if (columns == 1 && (!names[0] || !names[1]))
		return 1;
	for (char *const *name = *names ? names : stdin_only; *name; name++) {
		if (strcmp(*name, "-") == 0 ? fstat(0, &st) : stat(*name, &st))
			continue;
		if (S_ISREG(st.st_mode))
			sum += st.st_size;
		else
			least = 7;
	}
	width = snprintf(NULL, 0, "%llu", sum);
	return width > least ? width : least;
}

static bool wc_nameless(FILE *file, const char *name, void *arg)
{
	(void)name;
	return wc_count(file, NULL, arg);
}

APPLET(wc, "[-lwc] [FILE]...\n  -l lines  -w words  -c bytes", "count lines, words and bytes");
static int wc_main(int argc, char **argv)
{
	struct wc wc = { 0 };
	int opt, status;

	while ((opt = getopt(argc, argv, "lwcm")) != -1) {
		if (opt == '?')
			usage(1);
		wc.lines |= opt == 'l';
		wc.words |= opt == 'w';
		wc.bytes |= opt == 'c' || opt == 'm';
	}
	if (!wc.lines && !wc.words && !wc.bytes)
		wc.lines = wc.words = wc.bytes = true;
	wc.width = wc_width(argv + optind, wc.lines + wc.words + wc.bytes);
	status = inputs_each(argv + optind, argc > optind ? wc_count : wc_nameless, &wc);
	if (argc - optind > 1)
		wc_line(&wc, &wc.total, "total");
	return status;
}

/* --- tee and seq --- */

APPLET(tee, "[-ai] [FILE]...\n  -a append  -i ignore interrupts",
	"copy input to output and to files");
static int tee_main(int argc, char **argv)
{
	int opt, status = 0, mode = O_TRUNC, count = 1;
	int *fds = xmalloc(argc * sizeof(*fds));
	char buffer[4096];
	ssize_t n;

	while ((opt = getopt(argc, argv, "ai")) != -1) {
		if (opt == '?')
			usage(1);
		if (opt == 'a')
			mode = O_APPEND;
		else
			signal(SIGINT, SIG_IGN);
	}
	fds[0] = STDOUT_FILENO;
	for (int i = optind; i < argc; i++) {
		fds[count] = open(argv[i], O_WRONLY | O_CREAT | O_CLOEXEC | mode, 0666);
		if (fds[count++] >= 0)
			continue;
		warn_errno("%s", argv[i]);
		status = 1;
		count--;
	}
	while ((n = read(STDIN_FILENO, buffer, sizeof(buffer))) > 0)
		for (int i = 0; i < count; i++)
			if (write_all(fds[i], buffer, n) < 0) {
				warn_errno("write error");
				status = 1;
				fds[i--] = fds[--count];
			}
	free(fds);
	return status;
}

static long double seq_number(const char *arg, int *decimals)
{
	const char *dot = strchr(arg, '.');
	char *end;
	long double value = strtold(arg, &end);
	int after = dot ? (int)strlen(dot + 1) : 0;

	if (end == arg || *end)
		die("invalid floating point argument: '%s'", arg);
	if (after > *decimals)
		*decimals = after;
	return value;
}

APPLET(seq, "[-w] [-s SEPARATOR] [FIRST [STEP]] LAST\n  -w same width, zeros in front",
	"print numbers");
static int seq_main(int argc, char **argv)
{
	long double first = 1, step = 1, last;
	int decimals = 0, unused = 0, width = 0, i = 1;
	const char *separator = "\n";
	bool equal = false, any = false;

	for (; i < argc && argv[i][0] == '-' && strchr("ws", argv[i][1]) && argv[i][1]; i++) {
		if (argv[i][1] == 'w')
			equal = true;
		else
			separator = argv[i][2] ? argv[i] + 2 : ++i < argc ? argv[i] : "";
	}
	if (i >= argc || argc - i > 3)
		usage(1);
	if (argc - i > 1)
		first = seq_number(argv[i], &decimals);
	if (argc - i > 2)
		step = seq_number(argv[i + 1], &decimals);
	last = seq_number(argv[argc - 1], &unused);
	if (step == 0)
		die("the step must not be zero");
	if (equal) {
		int a = snprintf(NULL, 0, "%.*Lf", decimals, first);

		width = snprintf(NULL, 0, "%.*Lf", decimals, last);
		width = a > width ? a : width;
	}
	for (long long n = 0; step > 0 ? first + n * step <= last : first + n * step >= last; n++) {
		printf("%s%0*.*Lf", any ? separator : "", width, decimals, first + n * step);
		any = true;
	}
	if (any)
		putchar('\n');
	return 0;
}
