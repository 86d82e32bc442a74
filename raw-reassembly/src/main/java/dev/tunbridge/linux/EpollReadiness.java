package dev.tunbridge.linux;

import io.netty.channel.IoEvent;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.unix.FileDescriptor;
import java.io.IOException;

/** The descriptor as a handle of the loop's own epoll set, level-triggered, so that a bounded turn is continued by itself. */
final class EpollReadiness implements Readiness, EpollIoHandle {
    private final IoEventLoop loop;
    private final FileDescriptor descriptor;
    private final Runnable onReadable;
    private IoRegistration registration;
    private boolean hasLeft;

    /** Called on the loop. */
    EpollReadiness(IoEventLoop loop, FileDescriptor descriptor, Runnable onReadable) throws IOException {
        this.loop = loop;
        this.descriptor = descriptor;
        this.onReadable = onReadable;
        registration = register();
        registration.submit(EpollIoOps.EPOLLIN);
    }

    private IoRegistration register() throws IOException {
        return EpollHandles.register(loop, this);
    }

    @Override
    public FileDescriptor fd() {
        return descriptor;
    }

    /** Errors too are found by reading: the kernel reports them whatever was asked for. */
    @Override
    public void handle(IoRegistration source, IoEvent event) {
        onReadable.run();
    }

    @Override
    public void pause() {
        // To ask for nothing at all would take the descriptor out of the set. Errors are reported in any case.
        submit(EpollIoOps.EPOLLERR);
    }

    @Override
    public void leave() {
        if (!hasLeft) {
            hasLeft = true;
            close();
        }
    }

    @Override
    public void rejoin() throws IOException {
        if (hasLeft) {
            registration = register();
            hasLeft = false;
        }
        resume();
    }

    @Override
    public void resume() {
        submit(EpollIoOps.EPOLLIN);
    }

    private void submit(EpollIoOps operations) {
        if (registration.isValid()) {
            registration.submit(operations);
        }
    }

    /** Also called by a loop that shuts down. A loop that has ended watches nothing any more. */
    @Override
    public void close() {
        EpollHandles.cancel(registration);
    }
}
