/** A plugin: packets that Blowfish has encrypted, as vtund does it. */
@NullMarked
package dev.tunbridge.plugin.blowfish;

import org.jspecify.annotations.NullMarked;
