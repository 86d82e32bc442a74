package dev.tunbridge.bridge.service;

import static dev.tunbridge.bridge.json.JsonText.field;
import static dev.tunbridge.bridge.json.JsonText.text;

import dev.tunbridge.bridge.doctor.Finding;
import dev.tunbridge.bridge.json.JsonText;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The doctor's findings as text for people and as JSON for programs. */
final class DoctorReport {
    private static final int VERSION = 1;

    private DoctorReport() {}

    /** One object; docs/schema/doctor.json says what is in it. */
    static String json(List<Finding> findings) {
        return JsonText.object(
                field("version", String.valueOf(VERSION)),
                field("findings", JsonText.array(findings.stream().map(DoctorReport::json))));
    }

    private static String json(Finding finding) {
        return JsonText.object(
                field("code", text(finding.code().key())),
                field("severity", text(finding.severity().key())),
                field("affects", text(finding.affects())),
                field("read", text(finding.read())),
                field("why", text(finding.why())),
                field("mend", text(finding.mend())),
                field("fixable", String.valueOf(finding.fixable())));
    }

    /** What is affected in the order of the worst of it, and below it its findings, the worst first. */
    static String words(List<Finding> findings) {
        if (findings.isEmpty()) {
            return "Nothing is wrong.";
        }
        Map<String, List<Finding>> byAffected = new LinkedHashMap<>();
        findings.forEach(finding -> byAffected
                .computeIfAbsent(finding.affects(), affected -> new ArrayList<>())
                .add(finding));
        StringBuilder out = new StringBuilder();
        byAffected.forEach((affected, its) -> {
            out.append(affected).append(System.lineSeparator());
            its.forEach(finding -> append(out, finding));
        });
        long wrong = findings.stream()
                .filter(finding -> finding.severity().isWrong())
                .count();
        long fixable = findings.stream().filter(Finding::fixable).count();
        out.append(wrong == 0 ? "Nothing is wrong" : wrong + " to mend");
        return out.append(fixable == 0 ? "." : "; --fix mends " + fixable + " of all.")
                .toString();
    }

    private static void append(StringBuilder out, Finding finding) {
        line(
                out,
                String.format("  %-8s", finding.severity().key())
                        + finding.code().key());
        line(out, "          " + finding.read());
        line(out, "          " + finding.why());
        if (!finding.mend().isEmpty()) {
            line(out, "          mend: " + finding.mend() + (finding.fixable() ? "   (--fix)" : ""));
        }
    }

    private static void line(StringBuilder out, String line) {
        out.append(line).append(System.lineSeparator());
    }
}
