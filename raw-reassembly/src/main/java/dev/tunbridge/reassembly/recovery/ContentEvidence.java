package dev.tunbridge.reassembly.recovery;

import dev.tunbridge.protocol.frame.FrameView;

/**
 * What a frame's content says for its boundary where sync, constants and check say too little: in a format that has neither, almost
 * any bytes are a frame. It makes a boundary likely and never proves one: the content is what somebody sent.
 */
@FunctionalInterface
public interface ContentEvidence {
    /** How far a content speaks for the frame that holds it. */
    enum Weight {
        /** Hardly any bytes pass for such a content by chance. */
        SPEAKS,
        /** It may well be a frame, though it does not prove it: others that lie within it are no boundaries. */
        RIVAL,
        /** Nothing; any bytes look like that. */
        NOTHING
    }

    /** The format proves enough by itself, so that no content is asked. */
    ContentEvidence UNNEEDED = frame -> Weight.SPEAKS;

    /** No content says anything. */
    ContentEvidence NONE = frame -> Weight.NOTHING;

    /** The view and its bytes are valid during the call only. */
    Weight weigh(FrameView frame);
}
