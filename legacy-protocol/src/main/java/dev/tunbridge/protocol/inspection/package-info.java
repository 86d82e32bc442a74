/** How far a description gets with bytes that somebody recorded, and what it looks like, for people: nothing of it is on a hot path. */
@NullMarked
package dev.tunbridge.protocol.inspection;

import org.jspecify.annotations.NullMarked;
