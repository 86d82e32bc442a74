package dev.tunbridge.bridge.control;

/**
 * Who asks, as the kernel says ({@code SO_PEERCRED}).
 *
 * @param user the name, or the number where it has none
 * @param group likewise
 */
public record Peer(String user, String group) {}
