/**
 * The relay in virtual time: one seed draws clients, services, an outer connection that is cut at any byte, and sometimes a server that
 * breaks the rules.
 *
 * <pre>
 *   ModelServer, its clients ─ frames ► ModelLink ─► RelayHost: Relay ─► ModelService
 *        Exchange: what they mean to do, and the truth that both ends are judged by
 * </pre>
 */
@NullMarked
package dev.tunbridge.bridge.relay;

import org.jspecify.annotations.NullMarked;
