/**
 * What code may add where a description cannot say it: who says what when, and what payloads look like on the wire. Found by
 * {@link java.util.ServiceLoader}, named by the description, bound once for each connection.
 */
@NullMarked
package dev.tunbridge.protocol.plugin;

import org.jspecify.annotations.NullMarked;
