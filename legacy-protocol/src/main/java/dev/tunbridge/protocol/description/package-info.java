/** The file that describes a protocol: YAML, read key by key, so that each fault is told with its place and what is allowed. */
@NullMarked
package dev.tunbridge.protocol.description;

import org.jspecify.annotations.NullMarked;
