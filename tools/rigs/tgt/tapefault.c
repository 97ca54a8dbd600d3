/* LD_PRELOAD for tgtd: fault injection in the backing store. Control file $TAPEFAULT (re-read on every large I/O):
   "w <errno> [skip [name]]"  fail pwrite64 of >=512 B after <skip> more, of a file of that name only;
   "r <errno>"  fail pread64;  "d <ms>" delay writes; absent/empty = normal */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
static char name[64]; /* of the file that the rule is for; empty: any */
static int rd(char *op, int *v, int *skip) { const char *f = getenv("TAPEFAULT"); char b[128]; int fd, n; if (!f || (fd = open(f, O_RDONLY)) < 0) return 0; n = read(fd, b, 127); close(fd); if (n <= 0) return 0; b[n] = 0; *skip = 0; name[0] = 0; return sscanf(b, " %c %d %d %63s", op, v, skip, name) >= 2; }
static int is(int fd) { char l[32], p[4096], *s; ssize_t n; if (!name[0]) return 1; snprintf(l, 32, "/proc/self/fd/%d", fd); n = readlink(l, p, 4095); if (n < 0) return 0; p[n] = 0; s = strrchr(p, '/'); return s && !strcmp(s + 1, name); }
static long cnt;
ssize_t pwrite64(int fd, const void *p, size_t n, off64_t o) { static ssize_t (*real)(int, const void *, size_t, off64_t); if (!real) real = dlsym(RTLD_NEXT, "pwrite64"); char op; int v, s;
  if (n >= 512 && rd(&op, &v, &s)) { if (op == 'd') usleep(v * 1000); if (op == 'w' && is(fd) && cnt++ >= s) { errno = v; return -1; } } else if (n >= 512) cnt = 0; return real(fd, p, n, o); }
ssize_t pread64(int fd, void *p, size_t n, off64_t o) { static ssize_t (*real)(int, void *, size_t, off64_t); if (!real) real = dlsym(RTLD_NEXT, "pread64"); char op; int v, s;
  if (n >= 512 && rd(&op, &v, &s) && op == 'r') { errno = v; return -1; } return real(fd, p, n, o); }
