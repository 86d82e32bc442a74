/**
 * Real connections to services of this host, for the channels of a relay: non-blocking sockets in the loop's own epoll set, read only as far as
 * the relay allows, written from one gathering a turn. What becomes of bytes is the relay's to decide.
 */
@NullMarked
package dev.tunbridge.bridge.local;

import org.jspecify.annotations.NullMarked;
