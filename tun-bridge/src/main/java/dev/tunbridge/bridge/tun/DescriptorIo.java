package dev.tunbridge.bridge.tun;

import dev.tunbridge.linux.Descriptors;
import dev.tunbridge.linux.Errno;
import dev.tunbridge.linux.LinuxException;
import io.netty.channel.unix.Errors.NativeIoException;
import io.netty.channel.unix.FileDescriptor;
import java.io.IOException;

/**
 * Reads and writes of one descriptor. Results are bytes, or a negated errno: on a device they are ordinary events, not
 * exceptions.
 */
interface DescriptorIo {
    int END = 0;

    int WOULD_BLOCK = -Errno.EAGAIN.number();

    /** Bytes read; {@link #END}, {@link #WOULD_BLOCK} or another negated errno. */
    int read(long address, int length);

    /** Writes {@code count} vectors of {@link Descriptors#VECTOR_BYTES}: bytes written, or a negated errno. */
    int writev(long vectorsAddress, int count);

    /** Netty's native transport: some 60 ns over the system call. */
    record Netty(FileDescriptor descriptor) implements DescriptorIo {
        @Override
        public int read(long address, int length) {
            try {
                int bytes = descriptor.readAddress(address, 0, length);
                return bytes > 0 ? bytes : bytes == 0 ? WOULD_BLOCK : END;
            } catch (IOException failure) {
                return negatedErrno(failure);
            }
        }

        @Override
        public int writev(long vectorsAddress, int count) {
            try {
                int bytes = (int) descriptor.writevAddresses(vectorsAddress, count);
                return bytes > 0 ? bytes : WOULD_BLOCK;
            } catch (IOException failure) {
                return negatedErrno(failure);
            }
        }

        private static int negatedErrno(IOException failure) {
            return failure instanceof NativeIoException known ? known.expectedErr() : -Errno.EIO.number();
        }
    }

    /** JNA, where Netty has no native library: some 200 ns over the system call. */
    record Jna(int descriptor) implements DescriptorIo {
        @Override
        public int read(long address, int length) {
            try {
                int bytes = Descriptors.read(descriptor, address, length);
                return bytes == Descriptors.WOULD_BLOCK ? WOULD_BLOCK : bytes;
            } catch (LinuxException failure) {
                return -failure.errno().number();
            }
        }

        @Override
        public int writev(long vectorsAddress, int count) {
            try {
                int bytes = Descriptors.writev(descriptor, vectorsAddress, count);
                return bytes == Descriptors.WOULD_BLOCK ? WOULD_BLOCK : bytes;
            } catch (LinuxException failure) {
                return -failure.errno().number();
            }
        }
    }
}
