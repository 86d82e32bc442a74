package dev.tunbridge.protocol.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.protocol.Protocol;
import dev.tunbridge.protocol.Signals;
import dev.tunbridge.protocol.frame.BadFrame;
import dev.tunbridge.protocol.frame.FrameDecoder;
import dev.tunbridge.protocol.frame.FrameEncoder;
import dev.tunbridge.protocol.frame.FrameHandler;
import dev.tunbridge.protocol.frame.FrameTooLongException;
import dev.tunbridge.protocol.frame.FrameView;
import dev.tunbridge.protocol.frame.LostSynchronisationException;
import dev.tunbridge.protocol.message.Carriage;
import dev.tunbridge.protocol.message.MalformedMessageException;
import dev.tunbridge.protocol.message.Message;
import dev.tunbridge.protocol.message.MessageCodec;
import dev.tunbridge.protocol.message.MessageHandler;
import dev.tunbridge.protocol.message.Octets;
import dev.tunbridge.protocol.message.Value;
import dev.tunbridge.protocol.session.SessionScript.End;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.InetAddress;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntSupplier;

/** Both ends of one connection, over the bytes of its wire, in virtual time; what a session must never do is asked after every call. */
final class FuzzedPair implements AutoCloseable {
    /** Each message of a login, its answers, and signs of life: a script has 32 steps at most. */
    private static final int MOST_MESSAGES = 200;
    /** A step of a login may wait for days; nothing stands still for longer than this. */
    private static final int MOST_DEADLINES = 64;

    private static final long SECOND = 1_000_000_000L;

    private final Protocol protocol;
    private final Peer client;
    private final Peer server;
    /** Wraps in the middle, as {@code System.nanoTime} may. */
    private long nowNanos = Long.MAX_VALUE - 7 * SECOND;

    private int messages;

    FuzzedPair(Protocol protocol) {
        this.protocol = protocol;
        Map<String, Value> variables = new HashMap<>(tunnel().toVariables());
        protocol.session().given().forEach(variables::remove);
        variables.put("offer.version", new Value.Whole(1));
        variables.put("offer.carriages", Signals.names(Carriage.partsOf(List.of(Carriage.values()))));
        variables.put("identity.device-id", new Value.Text("pump"));
        variables.put("identity.token", new Value.Text("secret"));
        client = new Peer(End.CLIENT, Session.client(protocol.session(), protocol.format(), variables, Script.STILL));
        server = new Peer(
                End.SERVER,
                Session.server(
                        protocol.session(),
                        protocol.format(),
                        Map.of("identity.token", new Value.Text("secret"), "offer.version", new Value.Whole(1)),
                        said -> Script.admit(tunnel()),
                        Script.STILL));
    }

    private TunnelParameters tunnel() {
        Collection<Carriage> carriages = protocol.newCodec().carriages();
        Carriage carriage =
                carriages.isEmpty() ? Carriage.PACKET : carriages.iterator().next();
        InetAddress address = InetAddress.getLoopbackAddress();
        return new TunnelParameters(carriage, 7, 1_400, 8, address, address);
    }

    /** Client and server, until both wait, through a day of deadlines, and to the end. */
    void talk() {
        server.take(server.session.connected(nowNanos));
        client.take(client.session.connected(nowNanos));
        deliver();
        established = List.of(client.session.isEstablished(), server.session.isEstablished());
        for (int i = 0; i < MOST_DEADLINES; i++) {
            client.tick();
            server.tick();
            deliver();
        }
        client.take(client.session.close(nowNanos));
        deliver();
        server.take(server.session.close(nowNanos));
        for (Peer peer : List.of(client, server)) {
            assertThat(peer.isOver()).as("%s has ended", peer.end).isTrue();
        }
    }

    private List<Boolean> established = List.of();

    List<Boolean> established() {
        return established;
    }

    private void deliver() {
        messages = 0;
        while (client.said.isReadable() || server.said.isReadable()) {
            server.hear(client.said);
            client.hear(server.said);
            assertThat(messages).as("messages of one exchange").isLessThan(MOST_MESSAGES);
        }
    }

    /** This end hears the bytes, in pieces, and nobody takes its answers. */
    void hear(End end, byte[] wire, IntSupplier pieceBytes) {
        Peer peer = end == End.CLIENT ? client : server;
        peer.take(peer.session.connected(nowNanos));
        for (int at = 0; at < wire.length && !peer.isOver(); ) {
            int piece = Math.min(pieceBytes.getAsInt(), wire.length - at);
            peer.hear(Unpooled.wrappedBuffer(wire, at, piece));
            peer.said.clear();
            messages = 0;
            at += piece;
        }
        for (int i = 0; i < MOST_DEADLINES; i++) {
            peer.tick();
            peer.said.clear();
        }
        peer.take(peer.session.violated("enough", nowNanos));
        assertThat(peer.isOver()).isTrue();
    }

    @Override
    public void close() {
        client.close();
        server.close();
    }

    /** One end, its reader and its writer. */
    private final class Peer implements FrameHandler, MessageHandler {
        private final End end;
        private final Session session;
        private final MessageCodec codec = protocol.newCodec();
        private final FrameDecoder decoder = new FrameDecoder(protocol.format());
        private final FrameEncoder encoder = new FrameEncoder(protocol.format());
        private final Prelude prelude;
        private final ByteBuf unread = Unpooled.buffer();
        private final ByteBuf said = Unpooled.buffer();
        private boolean isCut;
        private boolean isClosed;

        Peer(End end, Session session) {
            this.end = end;
            this.session = session;
            prelude = protocol.newPrelude(end.other(), codec);
        }

        void close() {
            decoder.close();
            encoder.close();
            codec.close();
        }

        /** Nothing comes of it any more. */
        boolean isOver() {
            return isClosed || isCut;
        }

        void tick() {
            long deadline = session.nextDeadlineNanos();
            if (deadline != Session.NO_DEADLINE) {
                assertThat(deadline - nowNanos)
                        .as("a deadline of %s lies ahead, or is met", end)
                        .isGreaterThanOrEqualTo(-400L * 86_400 * SECOND);
                nowNanos = deadline - nowNanos > 0 ? deadline : nowNanos;
            }
            List<SessionAction> actions = session.tick(nowNanos);
            if (deadline != Session.NO_DEADLINE && !isCut) {
                assertThat(actions)
                        .as("a deadline of %s is there for something", end)
                        .isNotEmpty();
                if (!session.isClosed()) {
                    assertThat(session.nextDeadlineNanos() - nowNanos)
                            .as("the next deadline")
                            .isPositive();
                }
            }
            take(actions);
        }

        void hear(ByteBuf in) {
            unread.writeBytes(in);
            if (isOver()) {
                unread.clear();
                return;
            }
            try {
                prelude.read(unread, this);
                if (prelude.isOver()) {
                    decoder.decode(unread, this);
                }
            } catch (PreludeException | LostSynchronisationException e) {
                isCut = true;
            }
        }

        void take(List<SessionAction> actions) {
            for (SessionAction action : actions) {
                assertThat(isClosed)
                        .as("%s has closed, and goes on with %s", end, action)
                        .isFalse();
                if (action instanceof SessionAction.Send send) {
                    messages++;
                    say(send.message());
                } else if (action instanceof SessionAction.Closed) {
                    isClosed = true;
                } else if (action instanceof SessionAction.Established) {
                    assertThat(session.isClosed() || session.isEstablished()).isTrue();
                }
            }
            assertThat(session.isClosed()).isEqualTo(isClosed);
            boolean isInLogin = !session.isEstablished() && !isClosed;
            assertThat(session.awaited().isEmpty())
                    .as("what the login of %s waits for", end)
                    .isNotEqualTo(isInLogin);
            if (isInLogin) {
                assertThat(session.nextDeadlineNanos()).as("a login ends").isNotEqualTo(Session.NO_DEADLINE);
            }
            if (isClosed) {
                assertThat(session.nextDeadlineNanos()).isEqualTo(Session.NO_DEADLINE);
                for (Carriage carriage : Carriage.values()) {
                    assertThat(session.admits(carriage)).isFalse();
                }
                assertThat(session.tick(nowNanos)).isEmpty();
                assertThat(session.keepAlive(nowNanos)).isEmpty();
                assertThat(session.received(new Message.App(1, Octets.EMPTY), nowNanos))
                        .isEmpty();
                assertThat(session.violated("again", nowNanos)).isEmpty();
                assertThat(session.close(nowNanos)).isEmpty();
            }
        }

        private void say(Message message) {
            try {
                codec.write(message, encoder, said);
            } catch (IllegalArgumentException | FrameTooLongException e) {
                isCut = true; // what the bridge calls lost
            }
        }

        @Override
        public void onFrame(FrameView frame) {
            if (isOver()) {
                return;
            }
            session.heard(nowNanos);
            try {
                codec.read(frame, this);
            } catch (MalformedMessageException e) {
                take(session.violated(String.valueOf(e.getMessage()), nowNanos));
            }
        }

        @Override
        public void onMessage(Message message) {
            if (!isOver() && !(message instanceof Message.Link)) {
                take(session.received(message, nowNanos));
            }
        }

        private void traffic(Carriage carriage) {
            if (!isOver() && !session.isEstablished() && !session.admits(carriage)) {
                take(session.violated("traffic", nowNanos));
            }
        }

        @Override
        public void onBadFrame(BadFrame reason, long offset) {}

        @Override
        public void onSkipped(long fromOffset, long toOffset) {}

        @Override
        public void onPacket(ByteBuf buffer, int index, int length) {
            traffic(Carriage.PACKET);
        }

        @Override
        public void onSegment(
                int ipProtocol,
                ByteBuf buffer,
                int clientAddressIndex,
                int deviceAddressIndex,
                int addressBytes,
                int segmentIndex,
                int segmentLength) {
            traffic(Carriage.SEGMENT);
        }

        @Override
        public void onData(int channel, ByteBuf buffer, int index, int length) {
            traffic(Carriage.SOCKET);
        }

        @Override
        public void onUnknownType(int type) {}
    }
}
