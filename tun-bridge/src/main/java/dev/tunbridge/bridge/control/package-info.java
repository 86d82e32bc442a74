/**
 * The control socket: requests and answers as lines of JSON over a Unix socket, its server and its client. Knows nothing of tunnels, and
 * has neither Netty nor native code of ours in it, so that a client starts in no time.
 */
@NullMarked
package dev.tunbridge.bridge.control;

import org.jspecify.annotations.NullMarked;
