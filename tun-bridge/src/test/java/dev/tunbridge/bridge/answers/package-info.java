/** Tests of how answers find back. */
@NullMarked
package dev.tunbridge.bridge.answers;

import org.jspecify.annotations.NullMarked;
