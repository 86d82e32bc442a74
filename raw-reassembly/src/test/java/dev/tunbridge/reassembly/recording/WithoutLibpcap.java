package dev.tunbridge.reassembly.recording;

import dev.tunbridge.linux.LinuxException;
import dev.tunbridge.reassembly.capture.CaptureFilter;
import dev.tunbridge.reassembly.capture.CaptureOptions;
import dev.tunbridge.reassembly.capture.CaptureRing;
import dev.tunbridge.reassembly.capture.PcapCapture;
import dev.tunbridge.reassembly.capture.SegmentSource;
import java.io.IOException;
import java.nio.file.Path;

/** A program that is started where libpcap cannot be found. */
final class WithoutLibpcap {
    private WithoutLibpcap() {}

    public static void main(String[] arguments) {
        CaptureOptions options = CaptureOptions.of(new CaptureFilter.Everything());
        tell("file", () -> CaptureFile.open(Path.of(arguments[0])));
        tell("live again", () -> PcapCapture.open(options));
        tell("live", () -> PcapCapture.open(options));
        tell("ring", () -> CaptureRing.open(options));
    }

    private interface Opening {
        SegmentSource open() throws IOException;
    }

    private static void tell(String what, Opening opening) {
        try (SegmentSource source = opening.open()) {
            System.out.println(what + ": open, " + source.counters());
        } catch (LinuxException failure) {
            System.out.println(what + ": " + failure.errno());
        } catch (IOException failure) {
            System.out.println(what + ": " + failure.getMessage());
        }
    }
}
