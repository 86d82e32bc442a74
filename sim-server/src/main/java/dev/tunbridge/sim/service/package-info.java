/** The {@code simserver} command line. */
@NullMarked
package dev.tunbridge.sim.service;

import org.jspecify.annotations.NullMarked;
