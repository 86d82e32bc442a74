package dev.tunbridge.bridge.answers;

import dev.tunbridge.bridge.net.Victim;
import java.io.IOException;
import java.util.List;

/** A process that holds the table of a device; a {@link Victim}. */
final class AnswerMarksVictim {
    private AnswerMarksVictim() {}

    public static void main(String[] arguments) throws Exception {
        try {
            AnswerMarks.of(arguments[0]).apply(0x5401_0000);
        } catch (IOException e) {
            System.out.println(e.getMessage());
            return;
        }
        if (List.of(arguments).contains("child")) {
            Process child = new ProcessBuilder("sleep", "60").start();
            System.out.println(child.pid());
        }
        Victim.awaitEnd();
    }
}
