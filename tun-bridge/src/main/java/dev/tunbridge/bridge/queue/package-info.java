/** What waits for the outer connection: application messages first, then acknowledgements, then bulk; all bounded. */
@NullMarked
package dev.tunbridge.bridge.queue;

import org.jspecify.annotations.NullMarked;
