/**
 * Addresses of a pool for clients, so that what answers them finds its way back into the tunnel by an ordinary route: who has
 * which, and packets rewritten between device and bridge. Everything inside goes on seeing a client's own address; the
 * kernel alone sees the pool's. Takes bytes and time: no sockets, threads or clock.
 */
@NullMarked
package dev.tunbridge.bridge.mapping;

import org.jspecify.annotations.NullMarked;
