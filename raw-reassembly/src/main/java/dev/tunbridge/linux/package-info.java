/**
 * The few C functions of Linux that the bridge needs and Java lacks: TUN and TAP devices, packet sockets, network
 * namespaces, socket options by descriptor, {@code ppoll}. Everything here opens, configures and closes descriptors;
 * the hot path then reads and writes them through Netty, which costs a third of a JNA call.
 */
@NullMarked
package dev.tunbridge.linux;

import org.jspecify.annotations.NullMarked;
