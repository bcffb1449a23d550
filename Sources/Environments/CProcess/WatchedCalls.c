#define _GNU_SOURCE

#include "WatchedCalls.h"
#include "Watch.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif
#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, uint64_t)
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (1UL << 0)
#endif

#if defined(__x86_64__)
#define OWN_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OWN_ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

// What each call does; it copies from one file to another where it does two things.
static const struct watched_use {
  int number;
  struct watched_operand operands[2];
} uses[] = {
    {SYS_fsync, {{watched_sync, watched_descriptor, 0}}},
    {SYS_fdatasync, {{watched_sync, watched_descriptor, 0}}},
    {SYS_sync_file_range, {{watched_sync, watched_descriptor, 0}}},
    {SYS_syncfs, {{watched_sync, watched_descriptor, 0}}},
    {SYS_sync, {{watched_sync, watched_nothing, 0}}},
    {SYS_msync, {{watched_sync, watched_address, 0}}},
    {SYS_read, {{watched_read, watched_descriptor, 0}}},
    {SYS_pread64, {{watched_read, watched_descriptor, 0}}},
    {SYS_readv, {{watched_read, watched_descriptor, 0}}},
    {SYS_preadv, {{watched_read, watched_descriptor, 0}}},
    {SYS_preadv2, {{watched_read, watched_descriptor, 0}}},
    {SYS_write, {{watched_write, watched_descriptor, 0}}},
    {SYS_pwrite64, {{watched_write, watched_descriptor, 0}}},
    {SYS_writev, {{watched_write, watched_descriptor, 0}}},
    {SYS_pwritev, {{watched_write, watched_descriptor, 0}}},
    {SYS_pwritev2, {{watched_write, watched_descriptor, 0}}},
    {SYS_ftruncate, {{watched_write, watched_descriptor, 0}}},
    {SYS_fallocate, {{watched_write, watched_descriptor, 0}}},
    {SYS_sendfile,
     {{watched_write, watched_descriptor, 0}, {watched_read, watched_descriptor, 1}}},
    {SYS_copy_file_range,
     {{watched_read, watched_descriptor, 0}, {watched_write, watched_descriptor, 2}}},
    {SYS_splice, {{watched_read, watched_descriptor, 0}, {watched_write, watched_descriptor, 2}}},
};

enum { USE_COUNT = sizeof uses / sizeof *uses, WATCHED_MAX = 32 };

static int install(const int numbers[], int count) {
  struct sock_filter code[WATCHED_MAX + 5];
  int end = 0;
  code[end++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                                             offsetof(struct seccomp_data, arch));
  // Calls of another architecture have other numbers, and pass.
  code[end++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OWN_ARCHITECTURE, 0,
                                             (unsigned char)(count + 1));
  code[end++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                                             offsetof(struct seccomp_data, nr));
  for (int i = 0; i < count; i++)
    code[end++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)numbers[i],
                                               (unsigned char)(count - i), 0);
  code[end++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  code[end++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
  struct sock_fprog program = {.len = (unsigned short)end, .filter = code};
  unsigned long flags = SECCOMP_FILTER_FLAG_NEW_LISTENER;
  // Else a signal would interrupt the call, which is then made and counted once more.
  unsigned long preferred = flags | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
  long listener = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, preferred, &program);
  if (listener < 0 && errno == EINVAL)
    listener = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
  return (int)listener;
}

// Sends a descriptor over a socket. Returns 0, or an error number.
static int send_descriptor(int socket, int descriptor) {
  char byte = 0;
  struct iovec part = {.iov_base = &byte, .iov_len = 1};
  union {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int))];
  } control = {.bytes = {0}};
  struct msghdr message = {.msg_iov = &part,
                           .msg_iovlen = 1,
                           .msg_control = control.bytes,
                           .msg_controllen = sizeof control.bytes};
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
  return sendmsg(socket, &message, MSG_NOSIGNAL) == 1 ? 0 : errno;
}

int watch_calls(const int numbers[], int count, int socket) {
  if (count > WATCHED_MAX) return EINVAL;
  int listener = install(numbers, count);
  // Who may not do so freely may when no program can gain rights from now on.
  if (listener < 0 && errno == EACCES) {
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno;
    listener = install(numbers, count);
  }
  if (listener < 0) return errno;
  int error = send_descriptor(socket, listener);
  close(listener);
  close(socket);
  return error;
}

int watch_listener(int socket) {
  char byte;
  struct iovec part = {.iov_base = &byte, .iov_len = 1};
  union {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int))];
  } control;
  struct msghdr message = {.msg_iov = &part,
                           .msg_iovlen = 1,
                           .msg_control = control.bytes,
                           .msg_controllen = sizeof control.bytes};
  ssize_t count;
  do count = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  while (count < 0 && errno == EINTR);
  struct cmsghdr *header = count == 1 ? CMSG_FIRSTHDR(&message) : 0;
  if (!header || header->cmsg_type != SCM_RIGHTS) return -1;
  int listener;
  memcpy(&listener, CMSG_DATA(header), sizeof listener);
  return listener;
}

int watched_receive(int listener, struct watched_call *call) {
  struct seccomp_notif notice = {0};
  if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &notice) != 0)
    return errno == ENOENT || errno == EINTR ? EAGAIN : errno;
  call->id = notice.id;
  call->thread = (pid_t)notice.pid;
  call->number = notice.data.nr;
  for (int i = 0; i < 6; i++) call->arguments[i] = notice.data.args[i];
  return 0;
}

int watched_waits(int listener, uint64_t id) {
  return ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0;
}

void watched_continue(int listener, uint64_t id) {
  struct seccomp_notif_resp answer = {.id = id, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE};
  (void)ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
}

void watched_answer(int listener, uint64_t id, int64_t result, int error) {
  struct seccomp_notif_resp answer = {.id = id, .val = error != 0 ? 0 : result, .error = -error};
  (void)ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
}

void watched_hasten(int listener) {
  (void)ioctl(listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);
}

int watched_problem(void) {
  unsigned action = SECCOMP_RET_USER_NOTIF;
  return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0 ? 0 : errno;
}

int watched_is_uninterrupted(void) {
  // The flags are looked at before the filter, which isn't there.
  unsigned long flags =
      SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
  return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, NULL) == -1 && errno == EFAULT;
}

int watched_calls(unsigned effects, int numbers[], int max) {
  int count = 0;
  for (int i = 0; i < USE_COUNT; i++)
    if ((uses[i].operands[0].effect | uses[i].operands[1].effect) & effects && count < max)
      numbers[count++] = uses[i].number;
  return count;
}

int watched_operands(int number, struct watched_operand operands[2]) {
  for (int i = 0; i < USE_COUNT; i++) {
    if (uses[i].number != number) continue;
    operands[0] = uses[i].operands[0];
    operands[1] = uses[i].operands[1];
    return operands[1].effect == 0 ? 1 : 2;
  }
  return 0;
}
