/** What single parts of the data path cost a packet, and what they allocate. */
@org.jspecify.annotations.NullMarked
package dev.tunbridge.microbench;
