/** Tests of the mapping of clients to a pool. */
@NullMarked
package dev.tunbridge.bridge.mapping;

import org.jspecify.annotations.NullMarked;
