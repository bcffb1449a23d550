#define _GNU_SOURCE

#include "CPackets.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int closed(int descriptor) {
  int error = errno;
  close(descriptor);
  errno = error;
  return -1;
}

int packet_open_device(const char *pattern, char name[IFNAMSIZ]) {
  int descriptor = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return -1;
  struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
  strncpy(request.ifr_name, pattern, IFNAMSIZ - 1);
  if (ioctl(descriptor, TUNSETIFF, &request) != 0) return closed(descriptor);
  memcpy(name, request.ifr_name, IFNAMSIZ);
  return descriptor;
}

int packet_raise_device(const char *name, int mtu, int length) {
  int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return errno;
  struct ifreq request = {0};
  strncpy(request.ifr_name, name, IFNAMSIZ - 1);
  request.ifr_mtu = mtu;
  int failed = ioctl(descriptor, SIOCSIFMTU, &request);
  request.ifr_qlen = length;
  if (!failed) failed = ioctl(descriptor, SIOCSIFTXQLEN, &request);
  if (!failed) failed = ioctl(descriptor, SIOCGIFFLAGS, &request);
  request.ifr_flags |= IFF_UP;
  if (!failed) failed = ioctl(descriptor, SIOCSIFFLAGS, &request);
  int error = failed ? errno : 0;
  close(descriptor);
  return error;
}

int packet_mark(int descriptor, uint32_t mark) {
  return setsockopt(descriptor, SOL_SOCKET, SO_MARK, &mark, sizeof mark) == 0 ? 0 : errno;
}

int packet_open_raw(uint32_t mark) {
  int descriptor = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
  if (descriptor < 0) return -1;
  int error = packet_mark(descriptor, mark);
  if (error != 0) {
    close(descriptor);
    errno = error;
    return -1;
  }
  // Fragments stay as they are.
  int on = 1, room = 4 << 20;
  setsockopt(descriptor, IPPROTO_IP, IP_NODEFRAG, &on, sizeof on);
  setsockopt(descriptor, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room);
  return descriptor;
}

int packet_send(int descriptor, const struct packet_span packets[], int count) {
  struct mmsghdr messages[PACKET_BATCH];
  struct iovec parts[PACKET_BATCH];
  struct sockaddr_in targets[PACKET_BATCH];
  if (count > PACKET_BATCH) count = PACKET_BATCH;
  memset(messages, 0, sizeof messages[0] * (size_t)count);
  for (int i = 0; i < count; i++) {
    targets[i] = (struct sockaddr_in){.sin_family = AF_INET};
    memcpy(&targets[i].sin_addr, packets[i].bytes + 16, 4);
    parts[i] = (struct iovec){packets[i].bytes, packets[i].count};
    messages[i].msg_hdr = (struct msghdr){.msg_name = &targets[i],
                                          .msg_namelen = sizeof targets[i],
                                          .msg_iov = &parts[i],
                                          .msg_iovlen = 1};
  }
  int sent = 0;
  for (int next = 0; next < count;) {
    int done = sendmmsg(descriptor, messages + next, (unsigned)(count - next), 0);
    if (done > 0) {
      next += done;
      sent += done;
    } else if (errno != EINTR) {
      next += 1;
    }
  }
  return sent;
}

void packet_await(int one, int other, int64_t nanoseconds) {
  struct pollfd watched[] = {{.fd = one, .events = POLLIN}, {.fd = other, .events = POLLIN}};
  struct timespec time = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
  ppoll(watched, 2, nanoseconds < 0 ? 0 : &time, 0);
}

void packet_wake_precisely(void) { prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0); }

int packet_open_capture(const char *device) {
  int descriptor = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) return -1;
  int on = 1, room = 16 << 20;
  setsockopt(descriptor, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
  setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
  struct sockaddr_ll address = {.sll_family = AF_PACKET,
                                .sll_protocol = htons(ETH_P_ALL),
                                .sll_ifindex = (int)if_nametoindex(device)};
  if (address.sll_ifindex == 0) {
    close(descriptor);
    errno = ENODEV;
    return -1;
  }
  if (bind(descriptor, (struct sockaddr *)&address, sizeof address) != 0) return closed(descriptor);
  return descriptor;
}

int packet_capture(int descriptor, struct packet_span spans[], int count, uint32_t lengths[],
                   int64_t times[]) {
  struct mmsghdr messages[PACKET_BATCH];
  struct iovec parts[PACKET_BATCH];
  char controls[PACKET_BATCH][CMSG_SPACE(sizeof(struct timespec))];
  if (count > PACKET_BATCH) count = PACKET_BATCH;
  memset(messages, 0, sizeof messages[0] * (size_t)count);
  for (int i = 0; i < count; i++) {
    parts[i] = (struct iovec){spans[i].bytes, spans[i].count};
    messages[i].msg_hdr = (struct msghdr){.msg_iov = &parts[i],
                                          .msg_iovlen = 1,
                                          .msg_control = controls[i],
                                          .msg_controllen = sizeof controls[i]};
  }
  int got = recvmmsg(descriptor, messages, (unsigned)count, MSG_DONTWAIT | MSG_TRUNC, 0);
  for (int i = 0; i < got; i++) {
    lengths[i] = messages[i].msg_len;
    if (messages[i].msg_len < spans[i].count) spans[i].count = messages[i].msg_len;
    struct timespec time;
    struct cmsghdr *control = CMSG_FIRSTHDR(&messages[i].msg_hdr);
    if (control && control->cmsg_level == SOL_SOCKET && control->cmsg_type == SCM_TIMESTAMPNS)
      memcpy(&time, CMSG_DATA(control), sizeof time);
    else
      clock_gettime(CLOCK_REALTIME, &time);
    times[i] = time.tv_sec * 1000000000LL + time.tv_nsec;
  }
  return got;
}

int packet_open_routing(void) {
  int descriptor = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (descriptor < 0) return -1;
  struct timeval patience = {.tv_sec = 2};
  setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  struct sockaddr_nl address = {.nl_family = AF_NETLINK};
  if (bind(descriptor, (struct sockaddr *)&address, sizeof address) != 0) return closed(descriptor);
  return descriptor;
}

int packet_leave_network(void) { return unshare(CLONE_NEWNET) == 0 ? 0 : errno; }
