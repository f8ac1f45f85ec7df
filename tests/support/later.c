/* Moves the date for a process and its children: PAYCLERK_LATER is added, in seconds, to the time of day.
 *
 * For `./run later`. Preloaded; clocks that only measure (monotonic ones) go on as they are. libfaketime could not be
 * used: with monotonic time left alone it makes clock_nanosleep, and so Python's time.sleep, fail. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

static time_t later(void) {
    const char *seconds = getenv("PAYCLERK_LATER");
    return seconds ? (time_t)atoll(seconds) : 0;
}

static int real(clockid_t id, struct timespec *out) {
    static int (*found)(clockid_t, struct timespec *);
    if (!found) found = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    return found(id, out);
}

int clock_gettime(clockid_t id, struct timespec *out) {
    int failed = real(id, out);
    if (!failed && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)) out->tv_sec += later();
    return failed;
}

int gettimeofday(struct timeval *restrict out, void *restrict zone) {
    struct timespec now;
    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &now)) return -1;
    if (out) *out = (struct timeval){now.tv_sec, now.tv_nsec / 1000};
    return 0;
}

time_t time(time_t *out) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (out) *out = now.tv_sec;
    return now.tv_sec;
}
