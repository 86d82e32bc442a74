package dev.tunbridge.bridge.doctor;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Gathers what checks find. What several could not read for the same reason is said once. */
final class Findings {
    /** More than anybody reads; a host with a thousand conflicting routes has the first of them told. */
    private static final int MOST = 256;

    private final List<Finding> found = new ArrayList<>();

    void add(Finding finding) {
        if (found.size() < MOST && !found.contains(finding)) {
            found.add(finding);
        }
    }

    /** What kept a check from its reading. */
    void unknown(IOException reason) {
        unknown(String.valueOf(reason.getMessage()));
    }

    void unknown(String reason) {
        add(Finding.of(FindingCode.NOT_KNOWN, Finding.HOST, reason, ""));
    }

    /** The worst first, and of one severity in the order of the checks. */
    List<Finding> all() {
        return found.stream()
                .sorted(Comparator.comparing(Finding::severity).reversed())
                .toList();
    }
}
