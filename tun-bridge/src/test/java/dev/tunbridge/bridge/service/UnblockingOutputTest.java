package dev.tunbridge.bridge.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Scanner;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class UnblockingOutputTest {
    private static final long LONG = TimeUnit.SECONDS.toNanos(10);

    @Test
    void whatIsReadArrivesWholeAndInOrder() {
        ByteArrayOutputStream read = new ByteArrayOutputStream();
        UnblockingOutput output = new UnblockingOutput(read, "test");
        StringBuilder said = new StringBuilder();
        try (PrintStream print = new PrintStream(output, true, StandardCharsets.UTF_8)) {
            for (int i = 0; i < 1_000; i++) {
                print.printf("line %d with an ü%n", i);
                said.append(String.format("line %d with an ü%n", i));
                assertThat(output.finish(LONG)).isTrue();
            }
            print.print("and half a one");
        }
        assertThat(output.finish(LONG)).isTrue();
        assertThat(read.toString(StandardCharsets.UTF_8)).isEqualTo(said + "and half a one");
    }

    @Test
    void whatNobodyTakesIsLostAndCountedWhereItWouldStand() throws Exception {
        try (PipedInputStream reader = new PipedInputStream(16);
                PipedOutputStream pipe = new PipedOutputStream(reader)) {
            UnblockingOutput output = new UnblockingOutput(pipe, "test", 4_096);
            int lines = 10_000;
            try (PrintStream print = new PrintStream(output, true, StandardCharsets.UTF_8)) {
                for (int i = 0; i < lines; i++) {
                    print.println("number " + i);
                }
                assertThat(output.finish(TimeUnit.MILLISECONDS.toNanos(20)))
                        .as("nobody reads")
                        .isFalse();
                Scanner scanner = new Scanner(reader, StandardCharsets.UTF_8);
                // How often somebody took what waited in between depends on the machine; that all add up does not.
                int next = 0;
                int kept = 0;
                while (next < lines) {
                    String line = scanner.nextLine();
                    if (line.endsWith(" lines lost here: nobody took them")) {
                        next += Integer.parseInt(line.substring(0, line.indexOf(' ')));
                    } else {
                        assertThat(line).isEqualTo("number " + next);
                        next++;
                        kept++;
                    }
                }
                assertThat(next).isEqualTo(lines);
                assertThat(kept).as("the first ones are kept").isBetween(20, 1_000);
                print.println("read again");
                assertThat(scanner.nextLine()).isEqualTo("read again");
            }
        }
    }

    @Test
    void aFullDiskLosesLinesAndTakesTheNext() {
        List<String> taken = new ArrayList<>();
        boolean[] isFull = {true};
        OutputStream disk = new OutputStream() {
            @Override
            public void write(int oneByte) {
                throw new AssertionError("lines come whole");
            }

            @Override
            public synchronized void write(byte[] bytes, int offset, int length) throws IOException {
                if (isFull[0]) {
                    throw new IOException("No space left on device");
                }
                taken.add(new String(bytes, offset, length, StandardCharsets.UTF_8));
            }
        };
        UnblockingOutput output = new UnblockingOutput(disk, "test");
        try (PrintStream print = new PrintStream(output, true, StandardCharsets.UTF_8)) {
            print.print("one\ntwo\n");
            assertThat(output.finish(LONG)).as("nothing to wait for").isTrue();
            synchronized (disk) {
                isFull[0] = false;
            }
            print.print("three\n");
            await().atMost(Duration.ofSeconds(10)).until(() -> output.finish(LONG));
        }
        assertThat(taken).containsExactly("2 lines lost here: nobody took them\n", "three\n");
    }
}
