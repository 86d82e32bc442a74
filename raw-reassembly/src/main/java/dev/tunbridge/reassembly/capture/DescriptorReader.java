package dev.tunbridge.reassembly.capture;

import dev.tunbridge.linux.Descriptors;
import dev.tunbridge.linux.LinuxException;
import io.netty.channel.unix.FileDescriptor;
import java.io.IOException;

/** Reads one packet of a descriptor. A result below 0 says that there is none, or that reading failed. */
sealed interface DescriptorReader {
    int read(long address, int length);

    /** Netty's native transport: some 60 ns over the system call. */
    record Netty(FileDescriptor descriptor) implements DescriptorReader {
        Netty(int fd) {
            this(new FileDescriptor(fd));
        }

        @Override
        public int read(long address, int length) {
            try {
                int bytes = descriptor.readAddress(address, 0, length);
                return bytes == 0 ? -1 : bytes;
            } catch (IOException failure) {
                return -1;
            }
        }
    }

    /** JNA, where Netty has no native library. */
    record Jna(int descriptor) implements DescriptorReader {
        @Override
        public int read(long address, int length) {
            try {
                return Descriptors.read(descriptor, address, length);
            } catch (LinuxException failure) {
                return -1;
            }
        }
    }
}
