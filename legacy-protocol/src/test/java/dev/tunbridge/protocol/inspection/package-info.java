/** Tests of reading a recording by a description, in pieces and as a whole. */
@NullMarked
package dev.tunbridge.protocol.inspection;

import org.jspecify.annotations.NullMarked;
