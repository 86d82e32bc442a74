package dev.tunbridge.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PollTest {
    private final Memory word = new Memory(Long.BYTES);
    private int eventFd;

    @BeforeEach
    void open() throws Exception {
        eventFd = Descriptors.newEventDescriptor();
    }

    @AfterEach
    void close() {
        Descriptors.close(eventFd);
    }

    @Test
    void reportsNothingBeforeItsTimeAndReadinessAfterAWrite() throws Exception {
        Poll poll = new Poll(1);
        int slot = poll.add(eventFd, Poll.READABLE);
        assertThat(poll.await(100_000)).isZero();
        assertThat(poll.readyEvents(slot)).isZero();

        word.setLong(0, 1);
        assertThat(Descriptors.write(eventFd, address(), Long.BYTES)).isEqualTo(Long.BYTES);
        assertThat(poll.await(-1)).isEqualTo(1);
        assertThat(poll.readyEvents(slot)).isEqualTo(Poll.READABLE);
    }

    @Test
    void readingAnEmptyDescriptorWouldBlock() throws Exception {
        assertThat(Descriptors.read(eventFd, address(), Long.BYTES)).isEqualTo(Descriptors.WOULD_BLOCK);
    }

    @Test
    void refusesMoreDescriptorsThanItHasSlots() {
        Poll poll = new Poll(1);
        poll.add(eventFd, Poll.READABLE);
        assertThatThrownBy(() -> poll.add(eventFd, Poll.READABLE)).hasMessageContaining("1 slots");
    }

    @Test
    void namesTheDescriptorThatIsClosed() {
        assertThatThrownBy(() -> Descriptors.read(-1, address(), Long.BYTES))
                .hasMessage("read descriptor -1: EBADF (bad file descriptor)");
    }

    private long address() {
        return Pointer.nativeValue(word);
    }
}
