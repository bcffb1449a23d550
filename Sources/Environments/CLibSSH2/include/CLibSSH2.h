#ifndef SHRIKE_CLIBSSH2_H
#define SHRIKE_CLIBSSH2_H

// The part of libssh2 that is used here, loaded when it is first needed, so that a machine without the
// library builds and does everything else. Each function `ssh2_x` is libssh2's `libssh2_x`.

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct ssh2_session ssh2_session;
typedef struct ssh2_channel ssh2_channel;
typedef struct ssh2_sftp ssh2_sftp;
typedef struct ssh2_sftp_handle ssh2_sftp_handle;
typedef struct ssh2_agent ssh2_agent;

enum {
  SSH2_ERROR_KEY_EXCHANGE_FAILURE = -8,
  SSH2_ERROR_HOST_KEY_INIT = -10,
  SSH2_ERROR_FILE = -16,
  SSH2_ERROR_AUTHENTICATION_FAILED = -18,
  SSH2_ERROR_UNVERIFIED = -19,
  SSH2_ERROR_CHANNEL_FAILURE = -21,
  SSH2_ERROR_REQUEST_DENIED = -22,
  SSH2_ERROR_SFTP_PROTOCOL = -31,
  SSH2_ERROR_AGAIN = -37,
};

enum { SSH2_METHOD_HOST_KEY = 1 };
enum { SSH2_HASH_SHA256 = 3 };
enum { SSH2_STATUS_NO_SUCH_FILE = 2, SSH2_STATUS_PERMISSION_DENIED = 3 };
enum { SSH2_OPEN_READ = 1, SSH2_OPEN_WRITE = 2, SSH2_OPEN_CREATE = 8, SSH2_OPEN_TRUNCATE = 16 };
enum { SSH2_ATTRIBUTE_SIZE = 1, SSH2_ATTRIBUTE_MODE = 4 };

// A key that an agent holds.
struct ssh2_agent_key {
  unsigned int magic;
  void *node;
  unsigned char *blob;
  size_t blob_length;
  char *comment;
};

struct ssh2_attributes {
  unsigned long flags;
  uint64_t size;
  unsigned long user, group;
  unsigned long mode;
  unsigned long accessed, modified;
};

// A file system's state, as statvfs tells it.
struct ssh2_space {
  uint64_t block_size, fragment_size, blocks, free_blocks, available_blocks;
  uint64_t files, free_files, available_files, id, flags, longest_name;
};

struct ssh2_prompt {
  char *text;
  unsigned int length;
  unsigned char echo;
};

struct ssh2_response {
  char *text;
  unsigned int length;
};

// Moves bytes in the place of send and recv; returns how many, or a negative error number.
typedef ssize_t ssh2_transfer(int socket, void *buffer, size_t length, int flags, void **abstract);

typedef void ssh2_interaction(const char *name, int name_length, const char *instruction,
                              int instruction_length, int count, const struct ssh2_prompt *prompts,
                              struct ssh2_response *responses, void **abstract);

#define SSH2_FUNCTIONS(F)                                                                          \
  F(const char *, version, (int required), (required))                                             \
  F(ssh2_session *, session_init_ex, (void *allocate, void *free, void *reallocate, void *abstract), \
    (allocate, free, reallocate, abstract))                                                        \
  F(void *, session_callback_set, (ssh2_session * session, int kind, void *callback),              \
    (session, kind, callback))                                                                     \
  F(void, session_set_blocking, (ssh2_session * session, int blocking), (session, blocking))       \
  F(int, session_method_pref, (ssh2_session * session, int method, const char *names),             \
    (session, method, names))                                                                      \
  F(int, session_handshake, (ssh2_session * session, int socket), (session, socket))               \
  F(int, session_last_error, (ssh2_session * session, char **text, int *length, int copies),       \
    (session, text, length, copies))                                                               \
  F(int, session_disconnect_ex,                                                                    \
    (ssh2_session * session, int reason, const char *text, const char *language),                  \
    (session, reason, text, language))                                                             \
  F(int, session_free, (ssh2_session * session), (session))                                        \
  F(const char *, session_hostkey, (ssh2_session * session, size_t *length, int *type),            \
    (session, length, type))                                                                       \
  F(const char *, hostkey_hash, (ssh2_session * session, int kind), (session, kind))               \
  F(char *, userauth_list, (ssh2_session * session, const char *user, unsigned int length),        \
    (session, user, length))                                                                       \
  F(int, userauth_authenticated, (ssh2_session * session), (session))                              \
  F(int, userauth_publickey_fromfile_ex,                                                           \
    (ssh2_session * session, const char *user, unsigned int length, const char *public_path,       \
     const char *path, const char *passphrase),                                                    \
    (session, user, length, public_path, path, passphrase))                                        \
  F(int, userauth_password_ex,                                                                     \
    (ssh2_session * session, const char *user, unsigned int length, const char *password,          \
     unsigned int password_length, void *change),                                                  \
    (session, user, length, password, password_length, change))                                    \
  F(int, userauth_keyboard_interactive_ex,                                                         \
    (ssh2_session * session, const char *user, unsigned int length, ssh2_interaction *callback),   \
    (session, user, length, callback))                                                             \
  F(ssh2_agent *, agent_init, (ssh2_session * session), (session))                                 \
  F(void, agent_set_identity_path, (ssh2_agent * agent, const char *path), (agent, path))          \
  F(int, agent_connect, (ssh2_agent * agent), (agent))                                             \
  F(int, agent_list_identities, (ssh2_agent * agent), (agent))                                     \
  F(int, agent_get_identity,                                                                       \
    (ssh2_agent * agent, struct ssh2_agent_key * *key, struct ssh2_agent_key * previous),          \
    (agent, key, previous))                                                                        \
  F(int, agent_userauth, (ssh2_agent * agent, const char *user, struct ssh2_agent_key *key),       \
    (agent, user, key))                                                                            \
  F(int, agent_disconnect, (ssh2_agent * agent), (agent))                                          \
  F(void, agent_free, (ssh2_agent * agent), (agent))                                               \
  F(void, keepalive_config, (ssh2_session * session, int wants_reply, unsigned int seconds),       \
    (session, wants_reply, seconds))                                                               \
  F(int, keepalive_send, (ssh2_session * session, int *seconds_to_next),                           \
    (session, seconds_to_next))                                                                    \
  F(ssh2_channel *, channel_open_ex,                                                               \
    (ssh2_session * session, const char *kind, unsigned int kind_length, unsigned int window,      \
     unsigned int packet, const char *message, unsigned int message_length),                       \
    (session, kind, kind_length, window, packet, message, message_length))                         \
  F(ssh2_channel *, channel_direct_tcpip_ex,                                                       \
    (ssh2_session * session, const char *host, int port, const char *from, int from_port),         \
    (session, host, port, from, from_port))                                                        \
  F(int, channel_process_startup,                                                                  \
    (ssh2_channel * channel, const char *request, unsigned int request_length, const char *message, \
     unsigned int message_length),                                                                 \
    (channel, request, request_length, message, message_length))                                   \
  F(ssize_t, channel_read_ex, (ssh2_channel * channel, int stream, char *buffer, size_t count),    \
    (channel, stream, buffer, count))                                                              \
  F(ssize_t, channel_write_ex,                                                                     \
    (ssh2_channel * channel, int stream, const char *buffer, size_t count),                        \
    (channel, stream, buffer, count))                                                              \
  F(int, channel_send_eof, (ssh2_channel * channel), (channel))                                    \
  F(int, channel_eof, (ssh2_channel * channel), (channel))                                         \
  F(int, channel_wait_closed, (ssh2_channel * channel), (channel))                                 \
  F(int, channel_get_exit_status, (ssh2_channel * channel), (channel))                             \
  F(int, channel_get_exit_signal,                                                                  \
    (ssh2_channel * channel, char **name, size_t *name_length, char **text, size_t *text_length,   \
     char **language, size_t *language_length),                                                    \
    (channel, name, name_length, text, text_length, language, language_length))                    \
  F(int, channel_free, (ssh2_channel * channel), (channel))                                        \
  F(ssh2_sftp *, sftp_init, (ssh2_session * session), (session))                                   \
  F(int, sftp_shutdown, (ssh2_sftp * sftp), (sftp))                                                \
  F(unsigned long, sftp_last_error, (ssh2_sftp * sftp), (sftp))                                    \
  F(ssh2_sftp_handle *, sftp_open_ex,                                                              \
    (ssh2_sftp * sftp, const char *path, unsigned int length, unsigned long flags, long mode,      \
     int kind),                                                                                    \
    (sftp, path, length, flags, mode, kind))                                                       \
  F(ssize_t, sftp_read, (ssh2_sftp_handle * handle, char *buffer, size_t count),                   \
    (handle, buffer, count))                                                                       \
  F(ssize_t, sftp_write, (ssh2_sftp_handle * handle, const char *buffer, size_t count),            \
    (handle, buffer, count))                                                                       \
  F(void, sftp_seek64, (ssh2_sftp_handle * handle, uint64_t offset), (handle, offset))             \
  F(int, sftp_close_handle, (ssh2_sftp_handle * handle), (handle))                                 \
  F(int, sftp_fstat_ex, (ssh2_sftp_handle * handle, struct ssh2_attributes * attributes, int sets), \
    (handle, attributes, sets))                                                                    \
  F(int, sftp_statvfs,                                                                             \
    (ssh2_sftp * sftp, const char *path, size_t length, struct ssh2_space *space),                 \
    (sftp, path, length, space))                                                                   \
  F(int, sftp_rename_ex,                                                                           \
    (ssh2_sftp * sftp, const char *from, unsigned int from_length, const char *to,                 \
     unsigned int to_length, long flags),                                                          \
    (sftp, from, from_length, to, to_length, flags))                                               \
  F(int, sftp_unlink_ex, (ssh2_sftp * sftp, const char *path, unsigned int length),                \
    (sftp, path, length))

#define SSH2_DECLARE(Result, name, parameters, arguments) Result ssh2_##name parameters;
SSH2_FUNCTIONS(SSH2_DECLARE)
#undef SSH2_DECLARE

// Loads the library, once; nothing else of this header may be called before that returned null.
// Returns null, or what is wrong.
const char *ssh2_load(const char *file);

// Has a session move its bytes by these functions.
void ssh2_session_set_wire(ssh2_session *session, ssh2_transfer *send, ssh2_transfer *receive);

#endif
