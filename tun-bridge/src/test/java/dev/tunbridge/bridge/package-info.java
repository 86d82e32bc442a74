/** How a bridge ends. */
@NullMarked
package dev.tunbridge.bridge;

import org.jspecify.annotations.NullMarked;
