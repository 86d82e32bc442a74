package dev.tunbridge.bridge.service;

import dev.tunbridge.bridge.config.ConfigException;
import dev.tunbridge.bridge.replay.ConnectionChoice;
import dev.tunbridge.bridge.replay.Recording;
import dev.tunbridge.bridge.replay.Survey;
import dev.tunbridge.reassembly.recording.CaptureFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** A capture file that a command was given: what is wrong with it, and with what was said of it, is the user's to hear. */
record RecordedFile(Path file, CommandLine command) {
    /**
     * The recording, which is not opened yet.
     *
     * @param howOften it will be read, in words
     */
    Recording recording(String howOften) {
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            throw new ParameterException(
                    command, file + ": is no ordinary file; allowed: a file, which is read " + howOften);
        }
        return () -> CaptureFile.open(file);
    }

    Survey survey(Recording recording, ConnectionChoice choice) {
        try {
            return Survey.of(recording, choice);
        } catch (NoSuchFileException e) {
            throw new ParameterException(command, file + ": no such file", e);
        } catch (IOException e) {
            throw new ParameterException(command, String.valueOf(e.getMessage()), e);
        }
    }

    /** What {@code --connection} says. */
    static ConnectionChoice connection(String wanted) {
        try {
            return ConnectionChoice.parse(wanted);
        } catch (IllegalArgumentException e) {
            throw new ConfigException("--connection", wanted, ConnectionChoice.ALLOWED);
        }
    }
}
