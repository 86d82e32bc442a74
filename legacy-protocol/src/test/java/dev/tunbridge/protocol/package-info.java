/** Tests of the module as a whole. */
@NullMarked
package dev.tunbridge.protocol;

import org.jspecify.annotations.NullMarked;
