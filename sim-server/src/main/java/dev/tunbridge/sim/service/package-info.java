/** The command line {@code simserver}: the simulated server and the impaired link, each as a process in the foreground. */
@NullMarked
package dev.tunbridge.sim.service;

import org.jspecify.annotations.NullMarked;
