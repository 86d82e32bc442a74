package dev.tunbridge.bridge.config;

/** How the segments of the outer connection are captured. */
public enum CaptureBackend {
    /** An AF_PACKET ring. */
    RING,
    /** libpcap. */
    PCAP,
    /** Not at all: no packet goes past a hole. */
    NONE
}
