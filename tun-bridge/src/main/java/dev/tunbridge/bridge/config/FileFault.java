package dev.tunbridge.bridge.config;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

/** Why a file could not be used, in words: some exceptions of Java carry nothing but its name. */
public final class FileFault {
    private FileFault() {}

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
