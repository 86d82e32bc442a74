package dev.tunbridge.sim.sockets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tunbridge.protocol.message.Message;
import dev.tunbridge.protocol.message.Message.CloseHow;
import dev.tunbridge.protocol.message.Message.OpenStatus;
import dev.tunbridge.sim.lab.Lab;
import java.net.Socket;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a server that was told to misbehave says to its device. */
@Timeout(60)
class MisdeedsTest {
    private static final long QUIET_MILLIS = 300;

    private static SiteLab open(Misdeed misdeed) throws Exception {
        Lab.unavailable().ifPresent(reason -> Assumptions.abort("needs root: " + reason));
        return SiteLab.open(SiteOptions.HONEST.misdeeds(Set.of(misdeed)));
    }

    @Test
    void areNamedOnTheCommandLine() {
        assertThat(Misdeed.parse("overrun-credit,data-after-close, reuse-number,flood-opens"))
                .containsExactlyInAnyOrder(Misdeed.values());
        assertThat(Misdeed.parse("")).isEmpty();
        assertThatThrownBy(() -> Misdeed.parse("reuse-number,rudeness"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "'rudeness' is no misdeed; allowed: overrun-credit,data-after-close,reuse-number,flood-opens");
    }

    @Test
    void sendsMoreThanItsCredit() throws Exception {
        try (SiteLab lab = open(Misdeed.OVERRUN_CREDIT);
                Socket client = lab.connect(80)) {
            int channel = lab.device.nextOpen().channel();
            client.getOutputStream().write(new byte[10_000]);
            lab.device.accept(channel, 10);
            assertThat(lab.device.read(channel, 10_000)).hasSize(10_000);
            assertThat(lab.stats().misdeeds()).isPositive();
        }
    }

    @Test
    void sendsBehindItsEndAndBehindItsReset() throws Exception {
        try (SiteLab lab = open(Misdeed.DATA_AFTER_CLOSE);
                Socket client = lab.connect(80)) {
            int channel = lab.device.nextOpen().channel();
            lab.device.accept(channel, ScriptedDevice.PLENTY);
            client.shutdownOutput();
            assertThat(lab.device.next()).isEqualTo(new Message.Close(channel, CloseHow.END_OF_STREAM));
            assertThat(lab.device.next()).isEqualTo(ScriptedDevice.data(channel, new byte[16]));
            client.setSoLinger(true, 0);
        }
        try (SiteLab lab = open(Misdeed.DATA_AFTER_CLOSE);
                Socket client = lab.connect(80)) {
            int channel = lab.device.nextOpen().channel();
            lab.device.accept(channel, ScriptedDevice.PLENTY);
            lab.device.say(new Message.Close(channel, CloseHow.RESET));
            assertThat(lab.device.next()).isEqualTo(new Message.Close(channel, CloseHow.RESET));
            assertThat(lab.device.next()).isEqualTo(ScriptedDevice.data(channel, new byte[16]));
            assertThat(client.isConnected()).isTrue();
        }
    }

    @Test
    void usesANumberAgainThatItAloneHasClosed() throws Exception {
        try (SiteLab lab = open(Misdeed.REUSE_NUMBER);
                Socket first = lab.connect(80)) {
            int channel = lab.device.nextOpen().channel();
            lab.device.accept(channel, ScriptedDevice.PLENTY);
            first.shutdownOutput();
            assertThat(lab.device.next()).isEqualTo(new Message.Close(channel, CloseHow.END_OF_STREAM));
            try (Socket second = lab.connect(80)) {
                Message.Open again = lab.device.nextOpen();
                assertThat(again.channel()).isEqualTo(channel);
                assertThat(again.clientPort()).isEqualTo(second.getLocalPort());
                lab.device.accept(channel, ScriptedDevice.PLENTY);
                second.getOutputStream().write(7);
                assertThat(lab.device.read(channel, 1)).containsExactly(7);
            }
            assertThat(lab.stats().misdeeds()).isOne();
        }
    }

    /** Those for clients that do not exist are reset as soon as they are answered, and their numbers come back. */
    @Test
    void opensInFloods() throws Exception {
        try (SiteLab lab = open(Misdeed.FLOOD_OPENS);
                Socket client = lab.connect(80)) {
            Set<Integer> numbers = new HashSet<>();
            int real = 0;
            for (int i = 0; i <= Channels.FLOOD; i++) {
                Message.Open open = lab.device.nextOpen();
                assertThat(numbers.add(open.channel())).isTrue();
                real = open.clientPort() == client.getLocalPort() ? open.channel() : real;
            }
            assertThat(lab.device.poll(QUIET_MILLIS)).isNull();
            assertThat(lab.stats().channels()).isEqualTo(Channels.FLOOD + 1);
            numbers.remove(real);
            int refused = 0;
            for (int phantom : numbers) {
                if (refused++ < Channels.FLOOD / 2) {
                    lab.device.say(new Message.Opened(phantom, OpenStatus.LIMIT, 0));
                } else {
                    lab.device.say(new Message.Opened(phantom, OpenStatus.OPEN, 1));
                    assertThat(lab.device.next()).isEqualTo(new Message.Close(phantom, CloseHow.RESET));
                    lab.device.say(new Message.Close(phantom, CloseHow.RESET));
                }
            }
            lab.device.accept(real, ScriptedDevice.PLENTY);
            client.getOutputStream().write(7);
            assertThat(lab.device.read(real, 1)).containsExactly(7);
            assertThat(lab.stats().channels()).isOne();
        }
    }
}
