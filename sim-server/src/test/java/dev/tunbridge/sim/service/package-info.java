/** Tests of the command line, run as a process of its own. */
@NullMarked
package dev.tunbridge.sim.service;

import org.jspecify.annotations.NullMarked;
