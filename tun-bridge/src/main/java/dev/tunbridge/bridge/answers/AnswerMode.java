package dev.tunbridge.bridge.answers;

/** Whether answers are led back into the tunnel by what connection they belong to. */
public enum AnswerMode {
    OFF,
    /** By connection marks of nftables. */
    MARK
}
