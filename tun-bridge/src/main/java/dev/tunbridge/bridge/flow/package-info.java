/** The inner flows of a tunnel: who talks to whom, how much, and since when. */
@NullMarked
package dev.tunbridge.bridge.flow;

import org.jspecify.annotations.NullMarked;
