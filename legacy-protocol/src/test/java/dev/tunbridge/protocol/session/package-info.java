/** Tests of the sessions in virtual time. */
@NullMarked
package dev.tunbridge.protocol.session;

import org.jspecify.annotations.NullMarked;
