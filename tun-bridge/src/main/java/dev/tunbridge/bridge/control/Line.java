package dev.tunbridge.bridge.control;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Lines of text over a channel, none longer than it may be, none waited for for ever. Of one thread. */
final class Line implements AutoCloseable {
    private final SocketChannel channel;
    private final Selector selector;
    private final int most;
    private final ByteBuffer buffer = ByteBuffer.allocate(8192).flip();
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();

    /** @param most bytes that a line may have */
    Line(SocketChannel channel, int most) throws IOException {
        this.channel = channel;
        this.most = most;
        channel.configureBlocking(false);
        selector = Selector.open();
        channel.register(selector, SelectionKey.OP_READ);
    }

    /**
     * The next line without its end; nothing at the end of the stream.
     *
     * @throws LineException if it is too long
     * @throws java.net.SocketTimeoutException if it has not come whole in time
     */
    Optional<String> read(long millis) throws IOException {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        while (true) {
            while (buffer.hasRemaining()) {
                byte next = buffer.get();
                if (next == '\n') {
                    String text = line.toString(StandardCharsets.UTF_8);
                    line.reset();
                    return Optional.of(text);
                }
                line.write(next);
                if (line.size() > most) {
                    throw new LineException("a line is longer than " + most + " bytes");
                }
            }
            await(SelectionKey.OP_READ, deadline);
            buffer.clear();
            int read = channel.read(buffer);
            buffer.flip();
            if (read < 0) {
                return Optional.empty();
            }
        }
    }

    /** Writes a line, and its end. */
    void write(String text, long millis) throws IOException {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        ByteBuffer bytes = StandardCharsets.UTF_8.encode(text + "\n");
        while (bytes.hasRemaining()) {
            if (channel.write(bytes) == 0) {
                await(SelectionKey.OP_WRITE, deadline);
            }
        }
    }

    private void await(int operation, long deadline) throws IOException {
        channel.keyFor(selector).interestOps(operation);
        long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
        if (left <= 0 || selector.select(left) == 0) {
            if (Thread.currentThread().isInterrupted()) {
                throw new java.io.InterruptedIOException("the control socket is closed");
            }
            throw new java.net.SocketTimeoutException("the other end takes or gives nothing");
        }
        selector.selectedKeys().clear();
    }

    @Override
    public void close() throws IOException {
        try (channel) {
            selector.close();
        }
    }

    /** A line that is none. */
    static final class LineException extends IOException {
        private static final long serialVersionUID = 1L;

        LineException(String message) {
            super(message);
        }
    }
}
