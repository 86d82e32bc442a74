/** A plugin: packets that are encrypted block by block, as vtund does it. */
@NullMarked
package dev.tunbridge.plugin.blockcipher;

import org.jspecify.annotations.NullMarked;
