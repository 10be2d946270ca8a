"""A clock of the day that is an hour ahead at one reading and an hour behind at the next.

Programs ask the C library; a library that is loaded before it answers in its place. Monotonic clocks are as
ever.
"""

import shutil
import subprocess
from pathlib import Path

import pytest

STEP_S = 3600
SOURCE = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/time.h>
#include <time.h>

static long readings;

int clock_gettime(clockid_t clock, struct timespec *now) {
  static int (*real)(clockid_t, struct timespec *);
  if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
  int failed = real(clock, now);
  if (!failed && clock == CLOCK_REALTIME)
    now->tv_sec += __atomic_add_fetch(&readings, 1, __ATOMIC_RELAXED) % 2 ? STEP_S : -STEP_S;
  return failed;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
  struct timespec exact;
  if (clock_gettime(CLOCK_REALTIME, &exact)) return -1;
  now->tv_sec = exact.tv_sec;
  now->tv_usec = exact.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *now) {
  struct timespec exact;
  if (clock_gettime(CLOCK_REALTIME, &exact)) return -1;
  if (now) *now = exact.tv_sec;
  return exact.tv_sec;
}
"""


def stepping_library(folder: Path) -> Path:
    """For LD_PRELOAD; skips the test where there is no compiler for it."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler")
    source, library = folder / "clock.c", folder / "clock.so"
    source.write_text(SOURCE, encoding="ascii")
    command = [
        compiler,
        "-shared",
        "-fPIC",
        "-O1",
        f"-DSTEP_S={STEP_S}",
        "-o",
        str(library),
        str(source),
        "-ldl",
    ]
    subprocess.run(command, check=True, timeout=300)
    return library
