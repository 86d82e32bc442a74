/**
 * The TUN device: the seam between the kernel's IP packets and the tunnel.
 *
 * <p>The path of a packet from the kernel: {@code LinuxTunDevice} reads up to 64 KiB with a virtio header in front;
 * {@code PacketSplitter} finishes its checksum and cuts it into packets of at most the MTU, in place; {@link
 * dev.tunbridge.bridge.tun.TunHandler#onPacket} takes them one by one. The way back: {@link
 * dev.tunbridge.bridge.tun.TunDevice#write} gathers packets, {@code PacketCoalescer} joins consecutive segments of a
 * flow, and one {@code writev} per joined packet hands them to the kernel. {@code MemoryTunDevice} is the twin of the
 * Linux device, for tests.
 */
@NullMarked
package dev.tunbridge.bridge.tun;

import org.jspecify.annotations.NullMarked;
