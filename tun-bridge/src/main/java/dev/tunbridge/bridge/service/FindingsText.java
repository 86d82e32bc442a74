package dev.tunbridge.bridge.service;

import dev.tunbridge.protocol.inspection.StreamFindings;
import dev.tunbridge.protocol.inspection.StreamFindings.Misfit;
import dev.tunbridge.protocol.inspection.StreamFindings.TypeCount;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What a description has made of a stream, in words and with the bytes around what does not fit. */
final class FindingsText {
    private static final int DUMP_COLUMNS = 16;

    private FindingsText() {}

    static List<String> of(StreamFindings found) {
        List<String> lines = new ArrayList<>();
        lines.add(String.format(
                Locale.ROOT,
                "%,d bytes: %,d frames%s",
                found.bytes(),
                found.frames(),
                found.unframed().isEmpty() ? "" : ", and in front of them " + String.join(", ", found.unframed())));
        if (found.missingBytes() > 0) {
            lines.add(String.format(Locale.ROOT, "the recording lacks %,d bytes of these", found.missingBytes()));
        }
        for (TypeCount type : found.types()) {
            lines.add(String.format(
                    Locale.ROOT,
                    "type %d %s: %,d frames%s",
                    type.number(),
                    type.name().isEmpty() ? "(no name in types)" : type.name(),
                    type.frames(),
                    type.malformed() == 0
                            ? ""
                            : String.format(Locale.ROOT, ", %,d not laid out as the message is", type.malformed())));
        }
        if (found.skippedBytes() > 0) {
            lines.add(String.format(Locale.ROOT, "%,d bytes are part of no frame", found.skippedBytes()));
        }
        if (found.openBytes() > 0 && found.stopped().isEmpty()) {
            lines.add(String.format(
                    Locale.ROOT,
                    "%,d bytes at the end are the beginning of a frame that is not whole",
                    found.openBytes()));
        }
        found.first().ifPresentOrElse(misfit -> add(misfit, found, lines), () -> {
            if (found.stopped().isEmpty()) {
                lines.add("all of it fits");
            }
        });
        if (!found.stopped().isEmpty()) {
            lines.add("nothing was read behind: " + found.stopped());
        }
        return lines;
    }

    private static void add(Misfit misfit, StreamFindings found, List<String> lines) {
        lines.add(String.format(
                Locale.ROOT,
                "%,d %s not fit; the first byte that does not is at stream offset %d, in what begins at %d",
                found.misfits(),
                found.misfits() == 1 ? "place does" : "places do",
                misfit.offset(),
                misfit.unitOffset()));
        lines.add("rule: " + misfit.rule().key() + ": " + misfit.text());
        for (int at = 0; at < misfit.around().length(); at += DUMP_COLUMNS) {
            lines.add(row(misfit, at));
        }
    }

    /** The byte that does not fit stands in brackets. */
    private static String row(Misfit misfit, int from) {
        byte[] bytes = misfit.around().toByteArray();
        StringBuilder hex = new StringBuilder();
        StringBuilder text = new StringBuilder();
        for (int at = from; at < from + DUMP_COLUMNS; at++) {
            boolean isIt = misfit.aroundOffset() + at == misfit.offset();
            boolean isBehindIt = misfit.aroundOffset() + at == misfit.offset() + 1 && at > from;
            hex.append(isIt ? '[' : isBehindIt ? ']' : ' ');
            hex.append(at < bytes.length ? String.format(Locale.ROOT, "%02x", bytes[at]) : "  ");
            if (at < bytes.length) {
                text.append(bytes[at] >= ' ' && bytes[at] < 0x7f ? (char) bytes[at] : '.');
            }
        }
        boolean closes = misfit.aroundOffset() + from + DUMP_COLUMNS - 1 == misfit.offset();
        return String.format(
                Locale.ROOT, "%08x %s%s |%s|", misfit.aroundOffset() + from, hex, closes ? "]" : " ", text);
    }
}
