#include "CLibSSH2.h"

#include <dlfcn.h>
#include <pthread.h>

#define DEFINE(Result, name, parameters, arguments)  \
  static Result(*loaded_##name) parameters;          \
  Result ssh2_##name parameters { return loaded_##name arguments; }
SSH2_FUNCTIONS(DEFINE)

// As OpenSSL's headers have it, which nothing else here needs.
static const uint64_t OPENSSL_INIT_NO_ATEXIT = 0x00080000;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int is_loaded;

static const char *load(const char *file) {
  void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
  if (!library) return dlerror();
#define FIND(Result, name, parameters, arguments)                         \
  *(void **)&loaded_##name = dlsym(library, "libssh2_" #name);            \
  if (!loaded_##name) return "it lacks the function libssh2_" #name;
  SSH2_FUNCTIONS(FIND)
  // OpenSSL would give back its locks at the process's exit, of which threads of sessions know nothing.
  int (*begin)(uint64_t, const void *);
  *(void **)&begin = dlsym(library, "OPENSSL_init_crypto");
  if (begin) begin(OPENSSL_INIT_NO_ATEXIT, 0);
  int (*init)(int);
  *(void **)&init = dlsym(library, "libssh2_init");
  if (!init || init(0) != 0) return "it can't be initialized";
  is_loaded = 1;
  return 0;
}

const char *ssh2_load(const char *file) {
  pthread_mutex_lock(&lock);
  const char *problem = is_loaded ? 0 : load(file);
  pthread_mutex_unlock(&lock);
  return problem;
}

enum { CALLBACK_SEND = 5, CALLBACK_RECEIVE = 6 };

void ssh2_session_set_wire(ssh2_session *session, ssh2_transfer *send, ssh2_transfer *receive) {
  loaded_session_callback_set(session, CALLBACK_SEND, (void *)send);
  loaded_session_callback_set(session, CALLBACK_RECEIVE, (void *)receive);
}
