// The traps behind -Wl,--wrap; the list of names stands in tests/CMakeLists.txt as well.
#include "sim/traps.hpp"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <utility>

namespace {

int sealed = 0;

void trap(const char* name) {
  if (sealed == 0) return;
  std::fprintf(stderr, "ostler-sim: %s() was called within a simulated run\n", name);
  std::abort();
}

int mode_of(int flags, va_list arguments) {
  return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, int) : 0;
}

}  // namespace

namespace ostler::sim {

Sealed::Sealed() {
  ++sealed;
}
Sealed::~Sealed() {
  --sealed;
}

Unsealed::Unsealed() : before_(std::exchange(sealed, 0)) {}
Unsealed::~Unsealed() {
  sealed = before_;
}

}  // namespace ostler::sim

// Names and signatures are the linker's and the C library's.
extern "C" {
time_t __real_time(time_t*);
int __real_gettimeofday(timeval*, void*);
int __real_clock_gettime(clockid_t, timespec*);
int __real_nanosleep(const timespec*, timespec*);
int __real_rand();
long __real_random();
ssize_t __real_getrandom(void*, size_t, unsigned);
int __real_open(const char*, int, ...);
int __real_open64(const char*, int, ...);
FILE* __real_fopen(const char*, const char*);
FILE* __real_fopen64(const char*, const char*);
int __real_socket(int, int, int);
int __real_connect(int, const sockaddr*, socklen_t);

time_t __wrap_time(time_t* result) {
  trap("time");
  return __real_time(result);
}
int __wrap_gettimeofday(timeval* result, void* zone) {
  trap("gettimeofday");
  return __real_gettimeofday(result, zone);
}
int __wrap_clock_gettime(clockid_t clock, timespec* result) {
  trap("clock_gettime");
  return __real_clock_gettime(clock, result);
}
int __wrap_nanosleep(const timespec* wanted, timespec* left) {
  trap("nanosleep");
  return __real_nanosleep(wanted, left);
}
int __wrap_rand() {
  trap("rand");
  return __real_rand();
}
long __wrap_random() {
  trap("random");
  return __real_random();
}
ssize_t __wrap_getrandom(void* bytes, size_t count, unsigned flags) {
  trap("getrandom");
  return __real_getrandom(bytes, count, flags);
}
int __wrap_open(const char* path, int flags, ...) {
  trap("open");
  va_list arguments;
  va_start(arguments, flags);
  const int mode = mode_of(flags, arguments);
  va_end(arguments);
  return __real_open(path, flags, mode);
}
int __wrap_open64(const char* path, int flags, ...) {
  trap("open64");
  va_list arguments;
  va_start(arguments, flags);
  const int mode = mode_of(flags, arguments);
  va_end(arguments);
  return __real_open64(path, flags, mode);
}
FILE* __wrap_fopen(const char* path, const char* mode) {
  trap("fopen");
  return __real_fopen(path, mode);
}
FILE* __wrap_fopen64(const char* path, const char* mode) {
  trap("fopen64");
  return __real_fopen64(path, mode);
}
int __wrap_socket(int domain, int type, int protocol) {
  trap("socket");
  return __real_socket(domain, type, protocol);
}
int __wrap_connect(int descriptor, const sockaddr* address, socklen_t length) {
  trap("connect");
  return __real_connect(descriptor, address, length);
}
}
