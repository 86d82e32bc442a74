package dev.tunbridge.sim.sockets;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.protocol.message.Message;
import dev.tunbridge.protocol.message.Message.CloseHow;
import dev.tunbridge.protocol.message.Message.OpenStatus;
import io.netty.buffer.ByteBuf;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The table of numbers, with all of them in use sooner or later; clients that need no socket. */
class ChannelsTest {
    private static final int NUMBERS = 1 << 16;
    private static final InetSocketAddress CLIENT = new InetSocketAddress(InetAddress.getLoopbackAddress(), 1);

    private final List<Message> said = new ArrayList<>();
    private final SocketCounters counters = new SocketCounters();
    private final Channels channels = new Channels(new Recorder(), SiteOptions.HONEST, counters, Runnable::run);

    /** A device that takes everything. */
    private final class Recorder implements DeviceSide {
        @Override
        public void say(Message message) {
            said.add(message);
        }

        @Override
        public void data(int channel, ByteBuf buffer, int index, int length) {}

        @Override
        public int maxDataBytes() {
            return 2046;
        }

        @Override
        public boolean hasRoom() {
            return true;
        }

        @Override
        public void flush() {}
    }

    /** A client of which nothing comes. */
    private static final class SilentClient extends ClientChannel {
        private boolean isBrokenOff;

        SilentClient() {
            super(CLIENT, 80);
        }

        @Override
        boolean isTcp() {
            return true;
        }

        @Override
        void opened() {}

        @Override
        boolean turn() {
            return false;
        }

        @Override
        void received(ByteBuf buffer, int index, int length) {}

        @Override
        void flush() {}

        @Override
        void endedThere() {}

        @Override
        void brokenOff() {
            isBrokenOff = true;
        }
    }

    private SilentClient open() {
        SilentClient client = new SilentClient();
        assertThat(channels.open(client)).isTrue();
        return client;
    }

    private void answer(SilentClient client, OpenStatus status) {
        channels.receive(new Message.Opened(client.number, status, 100));
    }

    private void close(SilentClient client, CloseHow how) {
        channels.receive(new Message.Close(client.number, how));
    }

    /** As many opens as there are numbers, each refused at once: what numbers they get. */
    private Set<Integer> numbersOfARound() {
        Set<Integer> numbers = new HashSet<>();
        for (int i = 0; i < NUMBERS; i++) {
            SilentClient client = open();
            numbers.add(client.number);
            answer(client, OpenStatus.REFUSED);
            assertThat(client.isBrokenOff).isTrue();
        }
        return numbers;
    }

    @Test
    void aNumberIsFreeOnlyWhenBothEndsHaveClosedIt() {
        SilentClient unanswered = open();
        SilentClient givenUp = open();
        channels.close(givenUp, CloseHow.RESET);
        SilentClient endedHere = open();
        answer(endedHere, OpenStatus.OPEN);
        channels.close(endedHere, CloseHow.END_OF_STREAM);
        SilentClient resetHere = open();
        answer(resetHere, OpenStatus.OPEN);
        channels.close(resetHere, CloseHow.RESET);
        SilentClient endedThere = open();
        answer(endedThere, OpenStatus.OPEN);
        close(endedThere, CloseHow.END_OF_STREAM);
        List<SilentClient> all = List.of(unanswered, givenUp, endedHere, resetHere, endedThere);
        Set<Integer> held = new HashSet<>();
        all.forEach(client -> held.add(client.number));
        assertThat(held).hasSize(all.size());

        assertThat(numbersOfARound()).hasSize(NUMBERS - all.size()).doesNotContainAnyElementsOf(held);

        answer(unanswered, OpenStatus.LIMIT);
        answer(givenUp, OpenStatus.REFUSED);
        close(endedHere, CloseHow.END_OF_STREAM);
        close(resetHere, CloseHow.RESET);
        channels.close(endedThere, CloseHow.END_OF_STREAM);
        assertThat(channels.size()).isZero();
        assertThat(numbersOfARound()).hasSize(NUMBERS);
        assertThat(counters.deviceFaults).isZero();
    }

    /** The reset was under way when the device answered: its answer to the reset frees the number, not the one to the open. */
    @Test
    void aNumberThatWasGivenUpIsHeldUntilTheDeviceHasClosedIt() {
        SilentClient client = open();
        channels.close(client, CloseHow.RESET);
        answer(client, OpenStatus.OPEN);
        assertThat(channels.size()).isOne();
        close(client, CloseHow.RESET);
        assertThat(channels.size()).isZero();
        assertThat(said)
                .containsExactly(
                        client.toOpen(),
                        new Message.Credit(client.number, SiteOptions.HONEST.windowBytes()),
                        new Message.Close(client.number, CloseHow.RESET));
    }

    @Test
    void refusesAClientWhenAllNumbersAreInUse() {
        for (int i = 0; i < NUMBERS; i++) {
            open();
        }
        assertThat(channels.open(new SilentClient())).isFalse();
        assertThat(channels.size()).isEqualTo(NUMBERS);
    }

    @Test
    void countsWhatOnlyAServerMaySayAndWordsOfNoChannel() {
        channels.receive(new Message.Open(1, Message.TCP, 80, CLIENT.getAddress(), 1));
        channels.receive(new Message.Opened(1, OpenStatus.OPEN, 1));
        channels.receive(new Message.Close(1, CloseHow.RESET));
        SilentClient client = open();
        close(client, CloseHow.RESET); // before it has answered
        answer(client, OpenStatus.OPEN);
        answer(client, OpenStatus.OPEN);
        close(client, CloseHow.END_OF_STREAM);
        close(client, CloseHow.END_OF_STREAM);
        assertThat(counters.deviceFaults).isEqualTo(6);
        assertThat(client.isBrokenOff).isFalse();
    }

    @Test
    void theEndOfTheSessionBreaksOffEveryChannelAndSaysNothing() {
        SilentClient opening = open();
        SilentClient open = open();
        answer(open, OpenStatus.OPEN);
        said.clear();
        channels.end();
        assertThat(opening.isBrokenOff).isTrue();
        assertThat(open.isBrokenOff).isTrue();
        channels.close(open, CloseHow.RESET);
        assertThat(said).isEmpty();
        assertThat(channels.size()).isZero();
    }
}
