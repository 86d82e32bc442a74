/** The bridge as a service: the {@code tunbridge} command line and what only an operator needs. */
@NullMarked
package dev.tunbridge.bridge.service;

import org.jspecify.annotations.NullMarked;
