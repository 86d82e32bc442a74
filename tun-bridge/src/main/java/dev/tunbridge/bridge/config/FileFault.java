package dev.tunbridge.bridge.config;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Why a file could not be used, in words: some exceptions of Java carry nothing but its name. */
public final class FileFault {
    private FileFault() {}

    /**
     * The refusal of a file that a command was told to write.
     *
     * @param option which names it
     */
    public static ConfigException cannotWrite(String option, Path file, IOException fault) {
        return ConfigException.of(option, "cannot write " + file + ": " + reason(fault), fault);
    }

    public static String reason(IOException fault) {
        if (fault instanceof NoSuchFileException) {
            return "no such file or folder";
        }
        if (fault instanceof AccessDeniedException) {
            return "permission denied";
        }
        if (fault instanceof FileSystemException file && file.getReason() != null) {
            return file.getReason();
        }
        return String.valueOf(fault.getMessage());
    }
}
