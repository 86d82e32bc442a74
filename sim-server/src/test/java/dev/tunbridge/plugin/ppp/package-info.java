/** A plugin: the session of the Point-to-Point Protocol, which negotiates where a description can only expect. */
@NullMarked
package dev.tunbridge.plugin.ppp;

import org.jspecify.annotations.NullMarked;
