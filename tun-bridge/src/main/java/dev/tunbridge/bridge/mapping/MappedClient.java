package dev.tunbridge.bridge.mapping;

/**
 * One client and the address that the device sees.
 *
 * @param client its own address, as it comes out of the tunnel
 * @param address the pool's
 * @param idleSeconds since its last packet, either way
 */
public record MappedClient(String client, String address, double idleSeconds) {}
