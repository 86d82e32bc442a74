/**
 * What {@code nft} does, of which we need little, without the program: tables, base chains and rules of nftables, changed in one
 * transaction, by nfnetlink (include/uapi/linux/netfilter/nfnetlink.h and nf_tables.h; net/netfilter/nf_tables_api.c).
 *
 * <pre>
 *   TableKind, BaseChain             values: how long a table lives, where rules hang
 *   Expression, Operand              one step of a rule, what it compares with
 *   Transaction                      the codec: changes of one table that come to pass together or not at all, no I/O
 *   Answers                          what the kernel says of each change, no I/O
 *   Nftables                         the conversation; tables that it owns are gone when it is closed, or its process killed
 * </pre>
 *
 * What is made is tested against the same rules made by {@code nft}.
 */
@NullMarked
package dev.tunbridge.linux.netfilter;

import org.jspecify.annotations.NullMarked;
