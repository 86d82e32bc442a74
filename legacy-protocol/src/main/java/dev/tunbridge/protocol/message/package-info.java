/**
 * What frames mean: the {@link dev.tunbridge.protocol.message.Message} records, and the
 * {@link dev.tunbridge.protocol.message.MessageMapper} that turns frames into messages and back. The reference mapper is
 * one of many; nothing else in the bridge knows its bytes.
 */
@NullMarked
package dev.tunbridge.protocol.message;

import org.jspecify.annotations.NullMarked;
