/** A protocol as its description has it, of three parts: frames, messages, session. */
@NullMarked
package dev.tunbridge.protocol;

import org.jspecify.annotations.NullMarked;
