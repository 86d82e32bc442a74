/*
 * TCP sockets that begin with the congestion control $TUNBRIDGE_CONGESTION_CONTROL, as on a host whose default that is: a network
 * namespace cannot have a default that net.ipv4.tcp_allowed_congestion_control of the host does not list, but a socket of root can
 * (net/ipv4/tcp_cong.c). Preloaded into a whole test run; accepted sockets inherit it from their listener, and a route's `congctl`
 * and a socket's own choice win, as they do over a default. The sysctl itself still shows the host's.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

int socket(int domain, int type, int protocol) {
    static int (*kernels)(int, int, int);
    if (kernels == NULL) {
        kernels = (int (*)(int, int, int)) dlsym(RTLD_NEXT, "socket");
    }
    int made = kernels(domain, type, protocol);
    const char *name = getenv("TUNBRIDGE_CONGESTION_CONTROL");
    int is_tcp = (domain == AF_INET || domain == AF_INET6) && (type & ~(SOCK_CLOEXEC | SOCK_NONBLOCK)) == SOCK_STREAM
                 && (protocol == 0 || protocol == IPPROTO_TCP);
    if (made >= 0 && is_tcp && name != NULL && setsockopt(made, IPPROTO_TCP, TCP_CONGESTION, name, strlen(name)) != 0
        && errno != EPERM) { /* who has no right keeps the host's */
        fprintf(stderr, "TCP_CONGESTION %s: %s\n", name, strerror(errno));
        abort();
    }
    return made;
}
