package dev.tunbridge.bridge.replay;

/**
 * What the frame format makes of the stream in order.
 *
 * @param frames valid ones
 * @param badFrames places where a frame should have been and was not: so often the next one had to be found again
 * @param skippedBytes passed over to find it
 * @param malformed valid frames with a payload that means nothing
 * @param unknownTypes frames of a type that the format does not name
 * @param wrongCarriage traffic before the welcome, or in another carriage than it names
 */
public record StreamReport(
        long frames, long badFrames, long skippedBytes, long malformed, long unknownTypes, long wrongCarriage) {}
