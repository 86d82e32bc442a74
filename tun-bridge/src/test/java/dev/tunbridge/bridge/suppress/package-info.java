/** Tests of the suppressor. */
@NullMarked
package dev.tunbridge.bridge.suppress;

import org.jspecify.annotations.NullMarked;
