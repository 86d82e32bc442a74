package dev.tunbridge.bridge.service;

import static dev.tunbridge.bridge.json.JsonText.field;
import static dev.tunbridge.bridge.json.JsonText.text;

import dev.tunbridge.bridge.config.FileFault;
import dev.tunbridge.bridge.doctor.Fix;
import dev.tunbridge.bridge.doctor.Host;
import dev.tunbridge.bridge.json.JsonText;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * Makes changes and puts them back. What is to be changed is in the file before it is changed, so that a process that is killed leaves
 * nothing unknown; the file goes when all is back.
 */
final class DoctorUndo {
    private static final long MOST_BYTES = 1 << 20;

    private final Host host;
    private final Path file;

    /**
     * Changes nothing yet.
     *
     * @param file need not be there; its folder is made
     */
    DoctorUndo(Host host, Path file) {
        this.host = host;
        this.file = file;
    }

    /**
     * What came of it.
     *
     * @param lines one for each value, for people
     * @param isWhole whether all was done
     */
    record Outcome(List<String> lines, boolean isWhole) {
        Outcome {
            lines = List.copyOf(lines);
        }
    }

    /** Makes changes, and writes down what was. */
    Outcome change(List<Fix> fixes) throws IOException {
        List<Fix> kept = new ArrayList<>(read());
        for (Fix fix : fixes) {
            merge(kept, fix);
        }
        write(kept);
        List<String> lines = new ArrayList<>();
        boolean isWhole = true;
        for (Fix fix : fixes) {
            try {
                fix.set(host, fix.wanted());
                String now = fix.current(host);
                boolean isSet = now.equals(fix.wanted());
                isWhole &= isSet;
                lines.add(
                        isSet
                                ? fix.target() + ": " + fix.was() + " is now " + now
                                : fix.target() + ": the kernel made " + now + " of " + fix.wanted());
            } catch (IOException e) {
                isWhole = false;
                lines.add(fix.target() + " stays " + fix.was() + ": " + e.getMessage());
            }
        }
        lines.add("tunbridge doctor --undo puts it back (" + file + ")");
        return new Outcome(lines, isWhole);
    }

    /** Of a value that was changed twice by us, what it was before the first time is what it was. */
    private static void merge(List<Fix> kept, Fix fix) {
        for (int i = 0; i < kept.size(); i++) {
            Fix earlier = kept.get(i);
            if (earlier.getClass() == fix.getClass() && earlier.target().equals(fix.target())) {
                String was = earlier.wanted().equals(fix.was()) || earlier.was().equals(fix.was())
                        ? earlier.was()
                        : fix.was();
                kept.set(i, with(fix, was));
                return;
            }
        }
        kept.add(fix);
    }

    private static Fix with(Fix fix, String was) {
        return fix instanceof Fix.FileValue
                ? new Fix.FileValue(fix.target(), was, fix.wanted())
                : new Fix.QueueLength(fix.target(), was, fix.wanted());
    }

    /** Puts back what is still as it was made, the last first. What is not stays in the file. */
    Outcome putBack() throws IOException {
        List<Fix> kept = new ArrayList<>(read());
        if (kept.isEmpty()) {
            return new Outcome(List.of("nothing to put back: " + file + " is not there"), true);
        }
        Collections.reverse(kept);
        List<String> lines = new ArrayList<>();
        List<Fix> left = new ArrayList<>();
        for (Fix fix : kept) {
            try {
                String now = fix.current(host);
                if (now.equals(fix.was())) {
                    lines.add(fix.target() + " is " + now + " already");
                } else if (now.equals(fix.wanted())) {
                    fix.set(host, fix.was());
                    lines.add(fix.target() + ": " + now + " is " + fix.current(host) + " again");
                } else {
                    left.add(fix);
                    lines.add(fix.target() + " stays " + now + ": somebody has changed it since (it was " + fix.was()
                            + ", then " + fix.wanted() + ")");
                }
            } catch (IOException e) {
                left.add(fix);
                lines.add(fix.target() + " is not put back: " + e.getMessage());
            }
        }
        Collections.reverse(left);
        if (left.isEmpty()) {
            Files.delete(file);
        } else {
            write(left);
            lines.add(file + " keeps what is left; without the file it is forgotten");
        }
        return new Outcome(lines, left.isEmpty());
    }

    private void write(List<Fix> fixes) throws IOException {
        String json = JsonText.object(
                        field("version", "1"),
                        field("changes", JsonText.array(fixes.stream().map(DoctorUndo::json))))
                + "\n";
        try {
            Path folder = file.toAbsolutePath().getParent();
            if (folder != null) {
                Files.createDirectories(folder);
            }
            Path next = Files.createTempFile(
                    folder,
                    "doctor-undo",
                    ".tmp",
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            Files.writeString(next, json);
            Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new IOException("nothing is changed: " + file + " cannot be written: " + FileFault.reason(e), e);
        }
    }

    private static String json(Fix fix) {
        return JsonText.object(
                field("kind", text(fix instanceof Fix.FileValue ? "file" : "queue-length")),
                field("target", text(fix.target())),
                field("was", text(fix.was())),
                field("set", text(fix.wanted())));
    }

    private List<Fix> read() throws IOException {
        try {
            if (Files.size(file) > MOST_BYTES) {
                throw new IOException(file + " is larger than 1 MiB; that is no list of changes");
            }
            Object root = new Load(LoadSettings.builder().build()).loadFromString(Files.readString(file));
            if (root instanceof Map<?, ?> map && map.get("changes") instanceof List<?> changes) {
                List<Fix> fixes = new ArrayList<>();
                for (Object change : changes) {
                    fixes.add(fix(change));
                }
                return fixes;
            }
            throw new IOException(file + " has no changes in it; remove it to begin anew");
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (FileSystemException e) {
            throw new IOException(file + " cannot be read: " + FileFault.reason(e), e);
        } catch (YamlEngineException e) {
            throw new IOException(file + " is no JSON; remove it to begin anew", e);
        }
    }

    private Fix fix(Object change) throws IOException {
        if (change instanceof Map<?, ?> map
                && map.get("target") instanceof String target
                && map.get("was") instanceof String was
                && map.get("set") instanceof String set) {
            // Whoever can write this file must not be able to have others written.
            if ("file".equals(map.get("kind")) && target.matches("/(proc/sys|sys)/[^.]([^.]|\\.(?!\\.))*")) {
                return new Fix.FileValue(target, was, set);
            }
            if ("queue-length".equals(map.get("kind"))) {
                return new Fix.QueueLength(target, was, set);
            }
        }
        throw new IOException(file + " has a change that is none: " + change);
    }
}
