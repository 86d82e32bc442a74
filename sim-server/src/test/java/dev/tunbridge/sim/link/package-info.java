/** Tests of the impaired link: the model in virtual time, and the runner between real namespaces. */
@NullMarked
package dev.tunbridge.sim.link;

import org.jspecify.annotations.NullMarked;
