/**
 * What {@code ip} and {@code tc} do, without a process for each question: links, addresses, routes, rules and token buckets of
 * a network namespace, by rtnetlink (rtnetlink(7), include/uapi/linux/rtnetlink.h).
 *
 * <pre>
 *   Link, InterfaceAddress, KernelRoute, PolicyRule        values: what the kernel shows, and what it is asked for
 *   LinkMessage, AddressMessage, RouteMessage, RuleMessage the codec: one value to or from one message, no I/O
 *   NetlinkRequest, NetlinkAttributes                      a message under construction (of nftables too); attributes read in place
 *   RouteNetlink ► NetworkConfiguration                    one conversation; everything that can be asked and changed
 *   NetworkNews                                            what changes, whoever has changed it
 *   TcpMetrics                                             what the kernel's TCP remembers of a peer (generic netlink)
 * </pre>
 *
 * The codec is tested against what {@code ip -json} and {@code tc -json} show and make.
 */
@NullMarked
package dev.tunbridge.linux.netlink;

import org.jspecify.annotations.NullMarked;
