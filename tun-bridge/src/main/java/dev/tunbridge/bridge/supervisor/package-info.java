/** The tunnels of a service: started, changed and ended by name, what each has been through, and what is wrong with it now. */
@NullMarked
package dev.tunbridge.bridge.supervisor;

import org.jspecify.annotations.NullMarked;
