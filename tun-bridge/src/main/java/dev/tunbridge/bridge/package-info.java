/**
 * The bridge as a library: build one with {@link dev.tunbridge.bridge.Bridge#builder()}, start it, hear of it through a
 * {@link dev.tunbridge.bridge.BridgeListener}, exchange application messages through {@link
 * dev.tunbridge.bridge.AppChannel}, and close it.
 */
@NullMarked
package dev.tunbridge.bridge;

import org.jspecify.annotations.NullMarked;
