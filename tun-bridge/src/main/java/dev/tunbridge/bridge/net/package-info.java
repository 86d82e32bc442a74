/**
 * What the kernel must know of a tunnel: the device's address and MTU, its routes, and the rule that brings answers back.
 * Set up through {@code ip -batch}, found again after a kill by a protocol number of our own.
 */
@NullMarked
package dev.tunbridge.bridge.net;

import org.jspecify.annotations.NullMarked;
