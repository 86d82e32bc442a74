/** JSON of counters and reports, written by hand: no library is needed for it, and none is there for an application. */
@NullMarked
package dev.tunbridge.bridge.json;

import org.jspecify.annotations.NullMarked;
