package dev.tunbridge.protocol.message;

import dev.tunbridge.protocol.frame.FrameEncoder;
import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.protocol.frame.FrameView;
import dev.tunbridge.protocol.frame.TypeNumber;
import dev.tunbridge.protocol.frame.TypeTable;
import dev.tunbridge.protocol.message.Message.CloseHow;
import dev.tunbridge.protocol.message.Message.OpenStatus;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads and writes messages as a description lays them out. */
final class DescribedCodec implements MessageCodec {
    private final FrameFormat format;
    private final int overheadBytes;

    /** A handful, so they are searched in order, traffic first. */
    private final TypeTable types;

    /** By their places in it. */
    private final Bound[] bounds;

    private final Map<String, Bound> byName = new HashMap<>();
    private final EnumMap<Meaning, Bound> byMeaning = new EnumMap<>(Meaning.class);
    private final PayloadReader reader = new PayloadReader();
    private final Slots slots = new Slots();

    /** A layout, the number with which this format writes it, and where traffic has what the hot path asks for. */
    private static final class Bound {
        final int number;
        /** The same of packets of IPv6. */
        final int numberOfIpv6;

        final MessageLayout layout;
        final int contentSlot;
        final int clientSlot;
        final int deviceSlot;
        final int channelSlot;
        final boolean isContentAlone;
        final @Nullable TrafficHead head;

        /** Where the packets of this layout lie in Ethernet frames. */
        final @Nullable EthernetLink link;

        final int ethernetSlot;

        Bound(List<TypeNumber> numbers, MessageLayout layout) {
            number = numbers.isEmpty() ? NO_NUMBER : numbers.get(0).number();
            numberOfIpv6 = numbers.stream()
                    .filter(each -> each.family() == TypeNumber.Family.IPV6)
                    .mapToInt(TypeNumber::number)
                    .findFirst()
                    .orElse(number);
            this.layout = layout;
            contentSlot = layout.slot(Meaning.CONTENT);
            clientSlot = layout.slot(Meaning.CLIENT_ADDRESS);
            deviceSlot = layout.slot(Meaning.DEVICE_ADDRESS);
            channelSlot = layout.slot(Meaning.CHANNEL);
            isContentAlone = layout.items().size() == 1 && contentSlot == 0;
            head = layout.isSegment() ? TrafficHead.of(layout).orElse(null) : null;
            ethernetSlot = layout.slotOfEthernet();
            link = ethernetSlot == MessageLayout.NO_SLOT
                    ? null
                    : new EthernetLink((EthernetItem) layout.items().get(ethernetSlot));
        }
    }

    /** What is unframed has no number. */
    private static final int NO_NUMBER = -1;

    private static final int IPV6 = 6;

    /**
     * @param layouts of the format's types, by their names
     * @param unframed what lies in front of the first frame
     */
    DescribedCodec(FrameFormat format, Map<String, MessageLayout> layouts, List<MessageLayout> unframed) {
        this.format = format;
        overheadBytes = format.overheadBytes();
        layouts.forEach((name, layout) -> {
            Bound bound = new Bound(format.numbers(name), layout);
            byName.put(name, bound);
            if (layout.meaning() != Meaning.SIGNAL) {
                byMeaning.put(layout.meaning(), bound);
            }
        });
        bounds = byName.values().stream()
                .sorted((a, b) -> Boolean.compare(
                        b.layout.meaning().isTraffic(), a.layout.meaning().isTraffic()))
                .toArray(Bound[]::new);
        types = new TypeTable(
                format, Arrays.stream(bounds).map(bound -> bound.layout.name()).toList());
        unframed.forEach(layout -> byName.put(layout.name(), new Bound(List.of(), layout)));
    }

    @Override
    public FrameEncoder newEncoder() {
        return new FrameEncoder(format);
    }

    @Override
    public Set<Carriage> carriages() {
        EnumSet<Carriage> carriages = EnumSet.noneOf(Carriage.class);
        if (byMeaning.containsKey(Meaning.PACKET)) {
            carriages.add(Carriage.PACKET);
        }
        if (byMeaning.keySet().containsAll(Set.of(Meaning.TCP, Meaning.UDP))) {
            carriages.add(Carriage.SEGMENT);
        }
        if (byMeaning
                .keySet()
                .containsAll(Set.of(Meaning.OPEN, Meaning.OPENED, Meaning.DATA, Meaning.CREDIT, Meaning.CLOSE))) {
            carriages.add(Carriage.SOCKET);
        }
        return carriages;
    }

    @Override
    public void peek(FrameView frame, MessageHandler handler) throws MalformedMessageException {
        read(frame, handler, false);
    }

    @Override
    public void read(FrameView frame, MessageHandler handler) throws MalformedMessageException {
        read(frame, handler, true);
    }

    /** @param isCertain whether the frame is the peer's for certain */
    private void read(FrameView frame, MessageHandler handler, boolean isCertain) throws MalformedMessageException {
        int number = frame.type();
        int found = types.find(number);
        if (found == TypeTable.UNKNOWN) {
            handler.onUnknownType(number);
        } else {
            read(bounds[found], frame, handler, isCertain);
        }
    }

    private void read(Bound bound, FrameView frame, MessageHandler handler, boolean isCertain)
            throws MalformedMessageException {
        MessageLayout layout = bound.layout;
        ByteBuf buffer = frame.buffer();
        if (bound.isContentAlone && layout.meaning() == Meaning.PACKET) {
            handler.onPacket(buffer, frame.payloadIndex(), frame.payloadLength());
            return;
        }
        TrafficHead head = bound.head;
        if (head != null && readSegment(head, layout.ipProtocol(), frame, handler)) {
            return;
        }
        PayloadReader in = reader.wrap(layout.name(), buffer, frame.payloadIndex(), frame.payloadLength());
        layout.read(in, slots);
        int content = bound.contentSlot;
        switch (layout.meaning()) {
            case PACKET -> onPacket(bound, buffer, handler, isCertain);
            case TCP, UDP -> onSegment(bound, in, handler);
            case DATA -> {
                long channel = slots.numbers[bound.channelSlot];
                verify(Meaning.CHANNEL, channel, Range.U16, layout, in);
                handler.onData((int) channel, buffer, slots.indexes[content], slots.lengths[content]);
            }
            default -> handler.onMessage(message(layout, in));
        }
    }

    @Override
    public boolean readUnframed(List<String> names, ByteBuf in, MessageHandler handler)
            throws MalformedMessageException {
        MessageLayout due = bound(names.get(0)).layout;
        Unframed unframed = due.unframed().orElseThrow();
        int whole = unframed.wholeBytes(due.name(), in);
        if (whole == 0) {
            return false;
        }
        PayloadReader outer = new PayloadReader().wrap(due.name(), in, in.readerIndex(), whole);
        int length = unframed.extent().open(outer, due.name());
        int index = outer.take(due.name(), length);
        int padding = unframed.extent() instanceof Extent.Fixed fixed ? fixed.padding() : Extent.Fixed.NO_PADDING;
        Message message = anyOf(names, in, index, length, padding);
        in.skipBytes(whole);
        handler.onMessage(message);
        return true;
    }

    /** The first whose layout the bytes have; if there is none, what is wrong with the one that is due. */
    private Message anyOf(List<String> names, ByteBuf in, int index, int length, int padding)
            throws MalformedMessageException {
        @Nullable MalformedMessageException fault = null;
        for (String name : names) {
            MessageLayout layout = bound(name).layout;
            PayloadReader payload = reader.wrap(name, in, index, length).paddedWith(padding);
            try {
                layout.read(payload, slots);
                return message(layout, payload);
            } catch (MalformedMessageException e) {
                fault = fault == null ? e : fault;
            }
        }
        throw fault == null ? new MalformedMessageException("nothing is due") : fault;
    }

    private static boolean readSegment(TrafficHead head, int ipProtocol, FrameView frame, MessageHandler handler) {
        ByteBuf buffer = frame.buffer();
        int index = frame.payloadIndex();
        int length = frame.payloadLength();
        int addressBytes = head.addressBytes(buffer, index, length);
        if (addressBytes == TrafficHead.NONE) {
            return false;
        }
        int headBytes = head.headBytes(addressBytes);
        handler.onSegment(
                ipProtocol,
                buffer,
                index + head.clientAt(addressBytes),
                index + head.deviceAt(addressBytes),
                addressBytes,
                index + headBytes,
                length - headBytes);
        return true;
    }

    private void onPacket(Bound bound, ByteBuf buffer, MessageHandler handler, boolean isCertain) {
        int index = slots.indexes[bound.contentSlot];
        int length = slots.lengths[bound.contentSlot];
        if (bound.link == null) {
            handler.onPacket(buffer, index, length);
        } else {
            bound.link.read(buffer, slots.indexes[bound.ethernetSlot], index, length, isCertain, handler);
        }
    }

    /** Each address may have a family of its own, but a packet has one for both. */
    private void onSegment(Bound bound, PayloadReader in, MessageHandler handler) throws MalformedMessageException {
        int addressBytes = slots.lengths[bound.clientSlot];
        if (slots.lengths[bound.deviceSlot] != addressBytes) {
            throw in.malformed(Meaning.DEVICE_ADDRESS, "is of another family than " + Meaning.CLIENT_ADDRESS);
        }
        handler.onSegment(
                bound.layout.ipProtocol(),
                in.buffer(),
                slots.indexes[bound.clientSlot],
                slots.indexes[bound.deviceSlot],
                addressBytes,
                slots.indexes[bound.contentSlot],
                slots.lengths[bound.contentSlot]);
    }

    private Message message(MessageLayout layout, PayloadReader in) throws MalformedMessageException {
        Map<String, Value> values = layout.values(in, slots);
        return switch (layout.meaning()) {
            case APP ->
                new Message.App(
                        u16("topic", layout, values, in),
                        LayoutItem.require(values, "content", Value.Bytes.class).octets());
            case OPEN ->
                new Message.Open(
                        u16(Meaning.CHANNEL, layout, values, in),
                        transport(layout, values, in),
                        u16("device-port", layout, values, in),
                        LayoutItem.require(values, "client-address", Value.Address.class)
                                .address(),
                        u16("client-port", layout, values, in));
            case OPENED ->
                new Message.Opened(
                        u16(Meaning.CHANNEL, layout, values, in),
                        OpenStatus.of(text(values, "status")),
                        number("credit", Range.U32, layout, values, in));
            case CREDIT ->
                new Message.Credit(
                        u16(Meaning.CHANNEL, layout, values, in), number("bytes", Range.U32, layout, values, in));
            case CLOSE -> new Message.Close(u16(Meaning.CHANNEL, layout, values, in), CloseHow.of(text(values, "how")));
            case SIGNAL -> new Message.Signal(layout.name(), values);
            case PACKET, TCP, UDP, DATA -> throw new IllegalStateException(layout.name() + " is traffic");
        };
    }

    private int transport(MessageLayout layout, Map<String, Value> values, PayloadReader in)
            throws MalformedMessageException {
        int transport = u16("transport", layout, values, in);
        if (transport != Message.TCP && transport != Message.UDP) {
            throw layout.malformed("transport", "is " + transport + "; allowed 6, 17", in, slots);
        }
        return transport;
    }

    private int u16(String field, MessageLayout layout, Map<String, Value> values, PayloadReader in)
            throws MalformedMessageException {
        return (int) number(field, Range.U16, layout, values, in);
    }

    /** Layouts may have more room for a number than its meaning has. */
    private long number(String field, long most, MessageLayout layout, Map<String, Value> values, PayloadReader in)
            throws MalformedMessageException {
        long number = LayoutItem.require(values, field, Value.Whole.class).number();
        verify(field, number, most, layout, in);
        return number;
    }

    private void verify(String field, long number, long most, MessageLayout layout, PayloadReader in)
            throws MalformedMessageException {
        if (number < 0 || number > most) {
            throw layout.malformed(field, "is " + number + "; allowed 0 to " + most, in, slots);
        }
    }

    private static String text(Map<String, Value> values, String field) {
        return LayoutItem.require(values, field, Value.Text.class).text();
    }

    @Override
    public void write(Message message, FrameEncoder encoder, ByteBuf out) {
        try {
            if (message instanceof Message.Signal signal) {
                Bound bound = bound(signal.name());
                write(bound, bound.number, signal.fields(), encoder, out);
            } else if (message instanceof Message.Packet packet) {
                int version =
                        packet.content().length() == 0 ? 0 : packet.content().byteAt(0) >> 4;
                packet.content().writeTo(beginPacket(encoder, out, version));
                encoder.end();
            } else if (message instanceof Message.Link link) {
                writeLink(link, encoder, out);
            } else {
                Bound bound = bound(MessageFields.meaning(message));
                boolean isOfIpv6 =
                        message instanceof Message.Segment segment && segment.clientAddress() instanceof Inet6Address;
                write(bound, isOfIpv6 ? bound.numberOfIpv6 : bound.number, MessageFields.of(message), encoder, out);
            }
        } finally {
            // Nothing is left to take back once the frame has ended.
            encoder.abort();
        }
    }

    private void writeLink(Message.Link link, FrameEncoder encoder, ByteBuf out) {
        Bound bound = bound(Meaning.PACKET);
        if (bound.link == null) {
            throw new IllegalArgumentException("the format " + format.name() + " has no link below IP");
        }
        ByteBuf payload = encoder.begin(out, bound.number);
        bound.layout.writeHead(payload, null, 0, 0, 0);
        link.frame().writeTo(payload);
        encoder.end();
    }

    private static void write(Bound bound, int number, Map<String, Value> fields, FrameEncoder encoder, ByteBuf out) {
        try {
            if (bound.layout.unframed().isPresent()) {
                writeUnframed(bound.layout, bound.layout.unframed().get(), fields, out);
                return;
            }
            bound.layout.write(fields, encoder.begin(out, number));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(bound.layout.name() + ": " + e.getMessage(), e);
        }
        encoder.end();
    }

    private static void writeUnframed(MessageLayout layout, Unframed unframed, Map<String, Value> fields, ByteBuf out) {
        ByteBuf content = Unpooled.buffer();
        layout.write(fields, content);
        unframed.verify(layout, content);
        unframed.extent().write(layout.name(), ByteBufUtil.getBytes(content), out);
    }

    private Bound bound(String name) {
        Bound bound = byName.get(name);
        if (bound == null) {
            throw new IllegalArgumentException("the format " + format.name() + " has no type " + name);
        }
        return bound;
    }

    private Bound bound(Meaning meaning) {
        @Nullable Bound bound = byMeaning.get(meaning);
        if (bound == null) {
            throw new IllegalArgumentException(
                    "the format " + format.name() + " has no type that means " + meaning.key());
        }
        return bound;
    }

    @Override
    public Optional<Message> linkUp(InetAddress address, InetAddress peerAddress) {
        Bound bound = byMeaning.get(Meaning.PACKET);
        return bound == null || bound.link == null
                ? Optional.empty()
                : Optional.of(bound.link.up(address, peerAddress));
    }

    @Override
    public ByteBuf beginPacket(FrameEncoder encoder, ByteBuf out, int ipVersion) {
        Bound bound = bound(Meaning.PACKET);
        ByteBuf payload = encoder.begin(out, ipVersion == IPV6 ? bound.numberOfIpv6 : bound.number);
        if (!bound.isContentAlone) {
            bound.layout.writeHead(payload, null, 0, 0, 0);
            if (bound.link != null) {
                bound.link.writeHeader(ipVersion, payload);
            }
        }
        return payload;
    }

    @Override
    public ByteBuf beginSegment(
            FrameEncoder encoder,
            ByteBuf out,
            int ipProtocol,
            ByteBuf addresses,
            int clientAddressIndex,
            int deviceAddressIndex,
            int addressBytes) {
        Bound bound = bound(MessageFields.segment(ipProtocol));
        ByteBuf payload = encoder.begin(out, addressBytes == FamilyItem.IPV6_BYTES ? bound.numberOfIpv6 : bound.number);
        TrafficHead head = bound.head;
        if (head != null) {
            head.write(payload, addresses, clientAddressIndex, deviceAddressIndex, addressBytes);
        } else {
            bound.layout.writeHead(payload, addresses, clientAddressIndex, deviceAddressIndex, addressBytes);
        }
        return payload;
    }

    @Override
    public ByteBuf beginData(FrameEncoder encoder, ByteBuf out, int channel) {
        Bound bound = bound(Meaning.DATA);
        ByteBuf payload = encoder.begin(out, bound.number);
        bound.layout.writeChannel(channel, payload);
        return payload;
    }

    @Override
    public int packetOverheadBytes() {
        return overheadBytes + headBytes(Meaning.PACKET, 0);
    }

    @Override
    public int segmentOverheadBytes(int addressBytes) {
        return overheadBytes + segmentHeadBytes(addressBytes);
    }

    @Override
    public int dataOverheadBytes() {
        return overheadBytes + headBytes(Meaning.DATA, 0);
    }

    @Override
    public int maxDataBytes() {
        return byMeaning.containsKey(Meaning.DATA) ? mostBytes(Meaning.DATA) - headBytes(Meaning.DATA, 0) : 0;
    }

    @Override
    public int maxPacketBytes() {
        return mostBytes(Meaning.PACKET) - headBytes(Meaning.PACKET, 0);
    }

    @Override
    public int maxSegmentBytes(int addressBytes) {
        return Math.min(mostBytes(Meaning.TCP), mostBytes(Meaning.UDP)) - segmentHeadBytes(addressBytes);
    }

    @Override
    public int maxAppBytes() {
        return byMeaning.containsKey(Meaning.APP) ? mostBytes(Meaning.APP) - headBytes(Meaning.APP, 0) : 0;
    }

    private int segmentHeadBytes(int addressBytes) {
        return Math.max(headBytes(Meaning.TCP, addressBytes), headBytes(Meaning.UDP, addressBytes));
    }

    private int mostBytes(Meaning meaning) {
        Bound bound = byMeaning.get(meaning);
        return bound == null
                ? format.maxPayloadBytes()
                : Math.min(format.maxPayloadBytes(bound.number), format.maxPayloadBytes(bound.numberOfIpv6));
    }

    private int headBytes(Meaning meaning, int addressBytes) {
        Bound bound = byMeaning.get(meaning);
        return bound == null ? 0 : bound.layout.headBytes(addressBytes);
    }
}
