package dev.tunbridge.bridge.service;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.concurrent.TimeUnit;

/**
 * Lines on their way to a pipe, file or terminal that may take none for any time: nobody reads it, or its disk does not
 * answer. A thread of its own writes them; who writes here never waits. What finds no room is lost, and counted; the count
 * stands in the output where the lines would, once it takes lines again. From any thread.
 */
final class UnblockingOutput extends OutputStream {
    /** What a service says in days, or in an outburst of some thousand lines: beyond it the first ones explain more than the last. */
    private static final int MAX_BYTES = 256 * 1024;

    /** A longer line is told in pieces. */
    private static final int MAX_LINE_BYTES = 16 * 1024;

    /** What a line takes besides its bytes: many short ones must not take more than few long ones. */
    private static final int LINE_COST_BYTES = 64;

    private final OutputStream out;
    private final int maxBytes;
    private final Deque<Chunk> waiting = new ArrayDeque<>();
    private int waitingBytes;
    private long lost;
    private boolean isWriting;

    /** Its reader has gone, or the disk is full: what was lost is told with the next line, and not tried for ever. */
    private boolean isFailing;

    private byte[] line = new byte[256];
    private int lineBytes;

    private static final class Chunk {
        final byte[] bytes;

        /** How many are lost with it. */
        final long lines;

        Chunk(byte[] bytes, long lines) {
            this.bytes = bytes;
            this.lines = lines;
        }

        int cost() {
            return bytes.length + LINE_COST_BYTES;
        }
    }

    /** @param name of the thread that writes, which ends with the process */
    UnblockingOutput(OutputStream out, String name) {
        this(out, name, MAX_BYTES);
    }

    UnblockingOutput(OutputStream out, String name, int maxBytes) {
        this.out = out;
        this.maxBytes = maxBytes;
        Thread writer = new Thread(this::writeOut, name);
        writer.setDaemon(true);
        writer.start();
    }

    @Override
    public synchronized void write(int oneByte) {
        if (lineBytes == line.length) {
            line = Arrays.copyOf(line, 2 * lineBytes);
        }
        line[lineBytes++] = (byte) oneByte;
        if (oneByte == '\n' || lineBytes == MAX_LINE_BYTES) {
            endLine();
        }
    }

    @Override
    public synchronized void write(byte[] bytes, int offset, int length) {
        for (int i = offset; i < offset + length; i++) {
            write(bytes[i]);
        }
    }

    /** Whole lines are on their way already, and the rest of one waits for its end. */
    @Override
    public void flush() {}

    private void endLine() {
        if (lineBytes > 0) {
            Chunk told = new Chunk(Arrays.copyOf(line, lineBytes), 1);
            lineBytes = 0;
            if (lost == 0 && hasRoom(told.cost())) {
                add(told);
            } else if (lost > 0 && hasRoom(told.cost() + loss().cost())) {
                addLoss();
                add(told);
            } else {
                lost++;
            }
        }
    }

    private boolean hasRoom(int bytes) {
        return waitingBytes + bytes <= maxBytes;
    }

    private void add(Chunk chunk) {
        waiting.add(chunk);
        waitingBytes += chunk.cost();
        notifyAll();
    }

    private void addLoss() {
        Chunk loss = loss();
        lost = 0;
        add(loss);
    }

    private Chunk loss() {
        String text = lost + (lost == 1 ? " line" : " lines") + " lost here: nobody took them\n";
        return new Chunk(text.getBytes(StandardCharsets.UTF_8), lost);
    }

    /**
     * Waits until everything has been taken, and no longer than this.
     *
     * @return whether it was taken
     */
    synchronized boolean finish(long limitNanos) {
        endLine();
        long end = System.nanoTime() + limitNanos;
        boolean isInterrupted = false;
        while (!isFinished()) {
            long left = end - System.nanoTime();
            if (left <= 0) {
                break;
            }
            try {
                TimeUnit.NANOSECONDS.timedWait(this, left);
            } catch (InterruptedException e) {
                isInterrupted = true;
                break;
            }
        }
        if (isInterrupted) {
            Thread.currentThread().interrupt();
        }
        return isFinished();
    }

    private boolean isFinished() {
        return !isWriting && waiting.isEmpty() && (lost == 0 || isFailing);
    }

    private void writeOut() {
        try {
            while (true) {
                Chunk chunk = next();
                try {
                    out.write(chunk.bytes);
                    out.flush();
                    written(true, 0);
                } catch (IOException e) {
                    written(false, chunk.lines);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // nobody does that
        }
    }

    private synchronized Chunk next() throws InterruptedException {
        while (waiting.isEmpty()) {
            if (lost > 0 && !isFailing) {
                addLoss();
            } else {
                wait();
            }
        }
        Chunk chunk = waiting.remove();
        waitingBytes -= chunk.cost();
        isWriting = true;
        return chunk;
    }

    private synchronized void written(boolean isTaken, long linesLost) {
        isWriting = false;
        isFailing = !isTaken;
        lost += linesLost;
        notifyAll();
    }
}
