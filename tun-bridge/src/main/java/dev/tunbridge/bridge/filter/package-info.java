/** What may pass the tunnel, both ways, and what the local sender hears when something may not. */
@NullMarked
package dev.tunbridge.bridge.filter;

import org.jspecify.annotations.NullMarked;
