/** Tests of the framing, most of them against slow, obviously correct models. */
@NullMarked
package dev.tunbridge.protocol.frame;

import org.jspecify.annotations.NullMarked;
