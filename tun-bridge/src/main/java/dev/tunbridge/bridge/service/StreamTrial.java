package dev.tunbridge.bridge.service;

import dev.tunbridge.bridge.config.BridgeConfig;
import dev.tunbridge.bridge.replay.ConnectionChoice;
import dev.tunbridge.bridge.replay.ReceivedStream;
import dev.tunbridge.bridge.replay.Recording;
import dev.tunbridge.bridge.replay.Survey;
import dev.tunbridge.bridge.tunnel.Login;
import dev.tunbridge.protocol.Protocol;
import dev.tunbridge.protocol.inspection.StreamFindings;
import dev.tunbridge.protocol.inspection.StreamFindings.Rule;
import dev.tunbridge.protocol.inspection.StreamInspection;
import dev.tunbridge.protocol.session.SessionScript.End;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** Tries a description on bytes, and tells how far it gets. */
final class StreamTrial {
    private static final Set<Rule> BEGINNINGS = EnumSet.of(Rule.SYNC, Rule.FIELD, Rule.LENGTH);

    private final Protocol protocol;
    private final BridgeConfig config;
    private final CommandLine at;

    StreamTrial(Protocol protocol, BridgeConfig config, CommandLine at) {
        this.protocol = protocol;
        this.config = config;
        this.at = at;
    }

    /** Whether all fits; of a direction in hexadecimal, with white space, colons or a 0x as people have them. */
    boolean ofBytes(String hex) {
        byte[] bytes;
        try {
            bytes = HexFormat.of().parseHex(hex.replaceAll("0[xX]|[\\s:,-]", ""));
        } catch (IllegalArgumentException e) {
            throw new ParameterException(
                    at, "--bytes: '" + shortened(hex) + "' is not valid; allowed: pairs of hexadecimal digits", e);
        }
        // Nobody says whose words they are: those of the end that they fit best.
        StreamFindings best = Stream.of(Optional.<End>empty(), Optional.of(End.SERVER), Optional.of(End.CLIENT))
                .map(from -> findings(bytes, from))
                .max(Comparator.comparing((StreamFindings found) ->
                                isAnything(found) && found.first().isEmpty())
                        .thenComparing(StreamTrial::isAnything)
                        .thenComparing(StreamTrial::isBegun)
                        .thenComparing(found -> found.first().isPresent())
                        .thenComparing(
                                found -> found.frames() + found.unframed().size()))
                .orElseThrow();
        return print(best, "Bytes");
    }

    /** Whether something is whole. */
    private static boolean isAnything(StreamFindings found) {
        return found.frames() > 0 || !found.unframed().isEmpty();
    }

    /** Whether the bytes begin as they should: what is due in front of frames may begin with anything, a frame begins with its mark and its fields. */
    private static boolean isBegun(StreamFindings found) {
        return found.first().isEmpty()
                || found.first().get().unitOffset() > 0
                || !BEGINNINGS.contains(found.first().get().rule());
    }

    private static String shortened(String hex) {
        return hex.length() > 40 ? hex.substring(0, 40) + "…" : hex;
    }

    private StreamInspection inspection(Optional<End> from) {
        End hearing = from.orElse(End.SERVER).other();
        return new StreamInspection(protocol, Login.codecOf(config, protocol, hearing), from);
    }

    private StreamFindings findings(byte[] bytes, Optional<End> from) {
        try (StreamInspection inspection = inspection(from)) {
            inspection.read(Unpooled.wrappedBuffer(bytes));
            return inspection.findings();
        }
    }

    /** Whether all of a recorded connection fits, in both directions. */
    boolean ofCapture(Path file) throws IOException {
        RecordedFile recorded = new RecordedFile(file, at);
        Recording recording = recorded.recording("thrice");
        ConnectionChoice choice = ReplayCommand.choiceOf(config);
        Survey survey = recorded.survey(recording, choice);
        ConnectionChoice.Chosen received = survey.choose(recording, choice)
                .orElseThrow(() -> new IllegalStateException(file + " has no such TCP connection"));
        if (!survey.damage().isEmpty()) {
            at.getOut().println("The recording was not read to its end: " + survey.damage());
        }
        boolean fits = print(findings(recording, received, End.SERVER), "From the server " + received.sender());
        return print(findings(recording, received.reversed(), End.CLIENT), "From the client " + received.receiver())
                && fits;
    }

    private StreamFindings findings(Recording recording, ConnectionChoice.Chosen chosen, End from) throws IOException {
        try (StreamInspection inspection = inspection(Optional.of(from))) {
            ReceivedStream.read(recording, chosen, protocol.format(), new ReceivedStream.Reader() {
                @Override
                public void onBytes(ByteBuf bytes) {
                    inspection.read(bytes);
                }

                @Override
                public void onMissing(long count, ByteBuf filler) {
                    inspection.missing(count, filler);
                }
            });
            return inspection.findings();
        }
    }

    private boolean print(StreamFindings found, String title) {
        at.getOut().println(title);
        FindingsText.of(found).forEach(line -> at.getOut().println("  " + line));
        return found.first().isEmpty() && found.stopped().isEmpty();
    }
}
