package dev.tunbridge.bridge.doctor;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;

/**
 * What checks see of the machine: files below a root, what programs print, names, the time. Nothing of it is cached, nothing is
 * written but by {@link #write}. Files of {@code /proc/thread-self} and programs are of the calling thread's network namespace.
 *
 * @param root below which {@code /proc}, {@code /sys} and {@code /etc} lie
 * @param programs folders in which programs are looked for, in this order
 * @param resolver asked for the addresses of a name; may take its time
 * @param clock the wall clock
 * @param pause lets time pass between two readings of a counter
 */
public record Host(Path root, List<Path> programs, Resolver resolver, Clock clock, Pause pause) {
    /** Of a file or of what a program prints: enough for 20,000 routes or sockets. */
    static final int MOST_BYTES = 4 << 20;

    private static final int MOST_NAMES = 4096;

    /** A reading by a program takes milliseconds; one that hangs is no reason to hang. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private static final List<Path> USUAL = Stream.of(
                    "/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/local/sbin", "/usr/local/bin")
            .map(Path::of)
            .toList();

    public Host {
        programs = List.copyOf(programs);
    }

    /** Finds the addresses of a name, or of a literal address. */
    @FunctionalInterface
    public interface Resolver {
        List<InetAddress> resolve(String name) throws UnknownHostException;
    }

    /** Waits. */
    @FunctionalInterface
    public interface Pause {
        void await(Duration time) throws InterruptedException;
    }

    /** The machine that this runs on. */
    public static Host ofThisMachine() {
        return new Host(
                Path.of("/"),
                USUAL,
                name -> List.of(InetAddress.getAllByName(name)),
                Clock.systemUTC(),
                time -> Thread.sleep(time.toMillis()));
    }

    /** Where a file of the machine lies. */
    Path path(String absolute) {
        return root.resolve(absolute.substring(1));
    }

    /** A file's text; nothing where there is none. */
    Optional<String> read(String file) throws IOException {
        try (InputStream in = Files.newInputStream(path(file))) {
            byte[] bytes = in.readNBytes(MOST_BYTES + 1);
            if (bytes.length > MOST_BYTES) {
                throw new IOException(file + " is longer than " + MOST_BYTES / 1024 + " KiB");
            }
            return Optional.of(new String(bytes, StandardCharsets.UTF_8));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (AccessDeniedException e) {
            throw new IOException(file + " is closed to this user", e);
        } catch (IOException e) {
            throw new IOException(file + " cannot be read: " + e.getMessage(), e);
        }
    }

    /** The text of a file that has to be there. */
    String text(String file) throws IOException {
        return read(file).orElseThrow(() -> new IOException(file + " is not there"));
    }

    List<String> lines(String file) throws IOException {
        return text(file).lines().toList();
    }

    /** The words of a file that has to be there, one blank between them. */
    String value(String file) throws IOException {
        return text(file).strip().replaceAll("\\s+", " ");
    }

    /** The number that a file is; nothing where there is none. */
    OptionalLong number(String file) throws IOException {
        Optional<String> text = read(file).map(String::strip);
        if (text.isEmpty()) {
            return OptionalLong.empty();
        }
        try {
            return OptionalLong.of(Long.parseLong(text.get()));
        } catch (NumberFormatException e) {
            throw new IOException(file + " is '" + text.get() + "', no number", e);
        }
    }

    /** The names in a folder, sorted; none where it is not there. */
    List<String> names(String folder) throws IOException {
        try (Stream<Path> entries = Files.list(path(folder))) {
            return entries.map(entry -> String.valueOf(entry.getFileName()))
                    .limit(MOST_NAMES)
                    .sorted()
                    .toList();
        } catch (NoSuchFileException | NotDirectoryException e) {
            return List.of();
        }
    }

    void write(String file, String value) throws IOException {
        try {
            Files.writeString(path(file), value + "\n");
        } catch (IOException e) {
            throw new IOException(file + " cannot be written: " + e.getMessage(), e);
        }
    }

    /** Where a program lies. */
    Optional<Path> program(String name) {
        return programs.stream()
                .map(folder -> folder.resolve(name))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /** Runs a program to its end, five seconds at most. */
    Output run(String... command) throws IOException {
        Path program = program(command[0])
                .orElseThrow(() -> new IOException("the program '" + command[0] + "' is not installed"));
        return Output.of(program, List.of(command), PATIENCE);
    }

    /** What a program prints that succeeds. */
    String require(String... command) throws IOException {
        Output output = run(command);
        if (output.exitCode() != 0) {
            throw new IOException("'" + String.join(" ", command) + "' failed: " + output.reason());
        }
        return output.text();
    }

    /** What a program prints as JSON. */
    List<Fields> json(String... command) throws IOException {
        return Fields.parse(require(command), "'" + String.join(" ", command) + "'");
    }
}
