package dev.tunbridge.bridge.relay;

import dev.tunbridge.bridge.simulation.Violation;
import dev.tunbridge.protocol.message.Message;
import io.netty.buffer.ByteBuf;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.BitSet;

/** One client and its service: the bytes that each sends, and what has come of them at the other. The bytes follow from the key. */
final class Exchange {
    /** Of a datagram: the key and its place, before filling. */
    static final int LEAST_DATAGRAM_BYTES = 8;

    final int key;
    final RelayScenario.Plan plan;

    /** Way down. */
    final Way toService = new Way("service");

    final Way toClient = new Way("client");

    /** What the client's side knows. */
    boolean isOpenForClient;

    boolean isRefused;
    boolean hasClientReset;
    boolean wasClientReset;
    boolean isLost;
    boolean hasBrokenRules;
    boolean isClientDone;

    /** What the service's side knows. */
    boolean isAccepted;

    boolean hasServiceFailed;
    boolean wasServiceReset;
    boolean isServiceDone = true;

    Exchange(int key, RelayScenario.Plan plan) {
        this.key = key;
        this.plan = plan;
    }

    /** One direction, as its receiver sees it. */
    final class Way {
        private final String receiver;
        long sent;
        long got;
        boolean isEndSent;
        boolean isEndGot;
        private final BitSet datagrams = new BitSet();

        Way(String receiver) {
            this.receiver = receiver;
        }

        void fill(ByteBuf out, int length) {
            for (int i = 0; i < length; i++) {
                out.writeByte(octet(sent++));
            }
        }

        void datagram(ByteBuf out, int length) {
            out.writeInt(key);
            out.writeInt((int) sent);
            for (int i = LEAST_DATAGRAM_BYTES; i < length; i++) {
                out.writeByte(octet(sent + i));
            }
            sent++;
        }

        void get(ByteBuf buffer, int index, int length) {
            if (isEndGot) {
                throw new Violation(
                        "bytes came behind the end: " + length + " to the " + receiver + " of " + Exchange.this);
            }
            for (int i = 0; i < length; i++) {
                if (buffer.getByte(index + i) != octet(got + i)) {
                    throw new Violation(
                            "the " + receiver + " of " + Exchange.this + " got a wrong byte at " + (got + i));
                }
            }
            got += length;
            if (got > sent) {
                throw new Violation("the " + receiver + " of " + Exchange.this + " got bytes that nobody sent");
            }
        }

        void getDatagram(ByteBuf buffer, int index, int length) {
            int at = length < LEAST_DATAGRAM_BYTES ? -1 : buffer.getInt(index + Integer.BYTES);
            if (at < 0 || buffer.getInt(index) != key || at >= sent) {
                throw new Violation("the " + receiver + " of " + Exchange.this + " got a datagram that is not its own");
            }
            for (int i = LEAST_DATAGRAM_BYTES; i < length; i++) {
                if (buffer.getByte(index + i) != octet(at + i)) {
                    throw new Violation("a datagram was changed at byte " + i);
                }
            }
            if (datagrams.get(at)) {
                throw new Violation("the " + receiver + " of " + Exchange.this + " got datagram " + at + " twice");
            }
            datagrams.set(at);
            got++;
        }

        void end() {
            if (isEndGot) {
                throw new Violation("the " + receiver + " of " + Exchange.this + " got its end twice");
            }
            if (plan.isTcp() && !hasBrokenRules && (!isEndSent || got != sent)) {
                throw new Violation("the " + receiver + " of " + Exchange.this + " got its end behind " + got + " of "
                        + sent + " bytes" + (isEndSent ? "" : ", and nobody has ended"));
            }
            isEndGot = true;
        }

        private byte octet(long place) {
            return (byte) (key * 31L + place * 7 + (place >> 8) * 13 + receiver.length());
        }
    }

    Message.Open open(int number) {
        return new Message.Open(number, plan.isTcp() ? Message.TCP : Message.UDP, 80, address(), 1 + (key & 0x7fff));
    }

    private InetAddress address() {
        try {
            return InetAddress.getByAddress(new byte[] {(byte) 198, 18, (byte) (key >> 23), (byte) (key >> 15)});
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e);
        }
    }

    static int key(Channel channel) {
        byte[] address = channel.clientAddress().getAddress();
        return (address[2] & 0xff) << 23 | (address[3] & 0xff) << 15 | channel.clientPort() - 1;
    }

    /** It is over at both ends: either all has arrived, or both know that it has not. */
    void judge() {
        if (!isClientDone || !isServiceDone) {
            throw new Violation(this + " has not come to an end");
        }
        if (!plan.isTcp() || isRefused || isLost || hasBrokenRules) {
            return;
        }
        boolean isReset = hasClientReset || wasClientReset;
        if (isReset) {
            if (isAccepted && !wasServiceReset && !hasServiceFailed && !toService.isEndGot) {
                throw new Violation(this + " was reset, and its service does not know");
            }
        } else if (!toClient.isEndGot || toClient.got != toClient.sent) {
            throw new Violation(
                    this + " has ended without all of the service's bytes: " + toClient.got + " of " + toClient.sent);
        } else if (!hasServiceFailed
                && !(wasServiceReset && plan.isStalling())
                && (!toService.isEndGot || toService.got != plan.clientBytes())) {
            throw new Violation(this + " has ended without all of the client's bytes: " + toService.got + " of "
                    + plan.clientBytes());
        }
    }

    @Override
    public String toString() {
        return "exchange " + key + " " + plan + " (down " + toService.got + "/" + toService.sent + ", up "
                + toClient.got + "/" + toClient.sent + (isClientDone ? ", client done" : "")
                + (isServiceDone ? ", service done" : "") + ")";
    }
}
