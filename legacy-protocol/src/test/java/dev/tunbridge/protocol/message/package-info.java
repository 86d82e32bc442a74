/** Tests of the messages and of the reference mapper, over every shipped framing. */
@NullMarked
package dev.tunbridge.protocol.message;

import org.jspecify.annotations.NullMarked;
