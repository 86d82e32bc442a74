/** Plugins as a user has them: in JARs, at servers of others. */
@NullMarked
package dev.tunbridge.sim.plugin;

import org.jspecify.annotations.NullMarked;
