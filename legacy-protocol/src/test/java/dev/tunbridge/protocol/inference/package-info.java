/** Tests of finding descriptions: recordings of known formats go in, and what comes out must read others of the same. */
@NullMarked
package dev.tunbridge.protocol.inference;

import org.jspecify.annotations.NullMarked;
