/** Tests of the lab, and of the link between real namespaces; all need root or its like, and skip without. */
@NullMarked
package dev.tunbridge.sim.lab;

import org.jspecify.annotations.NullMarked;
