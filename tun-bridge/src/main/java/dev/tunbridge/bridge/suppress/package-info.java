/**
 * Nothing twice: what the outer connection still carries is not sent again. The {@link
 * dev.tunbridge.bridge.suppress.RetransmitSuppressor} keeps, for each local TCP sender, which ranges of its sequence
 * space are under way and where in the outer stream they end; a copy of such a range loses its payload. Authority is
 * the kernel's count of acknowledged bytes. No sockets, no clock; one thread.
 */
@NullMarked
package dev.tunbridge.bridge.suppress;

import org.jspecify.annotations.NullMarked;
