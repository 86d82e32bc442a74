/** Tests of what the service writes. */
@NullMarked
package dev.tunbridge.bridge.service;

import org.jspecify.annotations.NullMarked;
