/**
 * The life of a connection as the two ends see it: login, keep-alive, close. Sessions take messages and the time, and
 * answer with what is to be done; they own no socket, thread or clock.
 */
@NullMarked
package dev.tunbridge.protocol.session;

import org.jspecify.annotations.NullMarked;
