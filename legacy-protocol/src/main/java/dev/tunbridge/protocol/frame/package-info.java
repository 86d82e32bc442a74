/** The frame format as data. */
@NullMarked
package dev.tunbridge.protocol.frame;

import org.jspecify.annotations.NullMarked;
