package dev.tunbridge.sim.lab;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A Java program of this build, with the heap that the launcher gives it. */
public final class JavaProgram {
    private JavaProgram() {}

    /** The command, which may be added to. */
    public static List<String> java(String mainClass, String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                mainClass));
        command.addAll(List.of(arguments));
        return command;
    }
}
