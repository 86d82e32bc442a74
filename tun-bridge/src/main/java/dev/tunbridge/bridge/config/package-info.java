/**
 * What can be configured, said once: every key with its type, default and meaning is a {@link
 * dev.tunbridge.bridge.config.Setting} in {@link dev.tunbridge.bridge.config.Settings}; files, {@code --set} and the
 * library's builder all end in one immutable {@link dev.tunbridge.bridge.config.BridgeConfig}.
 */
@NullMarked
package dev.tunbridge.bridge.config;

import org.jspecify.annotations.NullMarked;
