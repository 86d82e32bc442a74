package dev.tunbridge.reassembly.recovery;

import dev.tunbridge.protocol.frame.FrameView;

/**
 * What a frame's content says for its boundary where sync, constants and check say too little: in a format that has neither, almost
 * any bytes are a frame. It makes a boundary likely and never proves one: the content is what somebody sent.
 */
@FunctionalInterface
public interface ContentEvidence {
    /** No content says anything. */
    ContentEvidence NONE = frame -> false;

    /** Whether hardly any bytes pass for such a content by chance. The view and its bytes are valid during the call only. */
    boolean speaksFor(FrameView frame);
}
