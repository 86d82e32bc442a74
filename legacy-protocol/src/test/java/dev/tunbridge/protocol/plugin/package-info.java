/** Tests of what plugins are given, and of what they do to payloads. */
@NullMarked
package dev.tunbridge.protocol.plugin;

import org.jspecify.annotations.NullMarked;
