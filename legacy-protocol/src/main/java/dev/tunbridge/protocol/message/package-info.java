/**
 * What frames mean: the {@link dev.tunbridge.protocol.message.Message} records, and the layouts of a description that turn frames into them and back.
 * Traffic is read where it lies, and nothing is allocated for it.
 */
@NullMarked
package dev.tunbridge.protocol.message;

import org.jspecify.annotations.NullMarked;
