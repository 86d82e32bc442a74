package dev.tunbridge.sim.capture;

import dev.tunbridge.reassembly.capture.CaptureOptions;
import dev.tunbridge.reassembly.capture.CaptureRing;
import dev.tunbridge.reassembly.capture.LiveSource;
import dev.tunbridge.reassembly.capture.PcapCapture;
import java.io.IOException;
import java.util.Arrays;
import java.util.stream.Collectors;

/** A way of capturing, to be compared with others. */
public enum CaptureWay {
    /** The kernel's ring. */
    RING {
        @Override
        LiveSource open(CaptureOptions options) throws IOException {
            return CaptureRing.open(options);
        }
    },
    /** A packet socket without a ring: one system call a segment. */
    READ {
        @Override
        LiveSource open(CaptureOptions options) throws IOException {
            return PlainRead.open(options);
        }
    },
    /** libpcap, on a thread of its own. */
    PCAP {
        @Override
        LiveSource open(CaptureOptions options) throws IOException {
            return PcapCapture.open(options);
        }
    };

    abstract LiveSource open(CaptureOptions options) throws IOException;

    String title() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }

    /** From its name. */
    public static CaptureWay parse(String text) {
        return Arrays.stream(values())
                .filter(each -> each.title().equals(text))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("'" + text + "' is not valid; allowed: "
                        + Arrays.stream(values()).map(CaptureWay::title).collect(Collectors.joining(", "))));
    }
}
