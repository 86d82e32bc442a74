package dev.tunbridge.reassembly.capture;

import dev.tunbridge.linux.SocketFilter;
import dev.tunbridge.linux.SocketFilter.Label;
import dev.tunbridge.reassembly.wire.EtherType;
import dev.tunbridge.reassembly.wire.FourTuple;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.stream.Stream;

/** Compiles a {@link CaptureFilter} to the program that the kernel runs on each packet. */
final class FilterCompiler {
    private static final int PACKET_HOST = 0;
    private static final int PACKET_OUTGOING = 4;
    private static final int VLAN_ID = 0x0fff;

    private static final int TCP = 6;
    private static final int V4_FRAGMENT_AT = 6;
    private static final int V4_FRAGMENT_OFFSET = 0x1fff;
    private static final int V4_PROTOCOL_AT = 9;
    private static final int V4_SOURCE_AT = 12;
    private static final int V4_DESTINATION_AT = 16;
    private static final int V6_NEXT_HEADER_AT = 6;
    private static final int V6_SOURCE_AT = 8;
    private static final int V6_DESTINATION_AT = 24;
    private static final int V6_HEADER_BYTES = 40;
    private static final int V6_FRAGMENT_HEADER_BYTES = 8;
    private static final int V6_FRAGMENT_OFFSET = 0xfff8;
    private static final int FRAGMENT = 44;
    /** Hop-by-hop options, routing, authentication, destination options. */
    private static final int[] OTHER_EXTENSIONS = {0, 43, 51, 60};

    private static final byte[] ANY = {};

    private final SocketFilter.Builder program = new SocketFilter.Builder();
    private final Label accept = new Label();
    private final Label refuse = new Label();

    private FilterCompiler() {}

    static SocketFilter compile(CaptureFilter filter) {
        FilterCompiler compiler = new FilterCompiler();
        compiler.untagged();
        if (filter instanceof CaptureFilter.Inbound inbound) {
            compiler.direction(PACKET_HOST, Way.from(inbound.path().reversed()));
        } else if (filter instanceof CaptureFilter.Connection connection) {
            compiler.direction(PACKET_HOST, Way.from(connection.path().reversed()));
            compiler.direction(PACKET_OUTGOING, Way.from(connection.path()));
        } else if (filter instanceof CaptureFilter.Remote remote) {
            compiler.direction(PACKET_HOST, new Way(Optional.of(remote.address()), Optional.empty()));
            compiler.direction(PACKET_OUTGOING, new Way(Optional.empty(), Optional.of(remote.address())));
        } else {
            compiler.anyInternetProtocol();
        }
        return compiler.finish();
    }

    /** Where packets come from and go to; either end may be any. */
    private record Way(Optional<InetSocketAddress> source, Optional<InetSocketAddress> destination) {
        static Way from(FourTuple path) {
            return new Way(Optional.of(path.local()), Optional.of(path.remote()));
        }

        boolean isIpv6() {
            return Stream.of(source, destination)
                    .flatMap(Optional::stream)
                    .anyMatch(end -> end.getAddress() instanceof Inet6Address);
        }
    }

    /** A tagged packet is the VLAN's; a tag of VLAN 0 only carries a priority. */
    private void untagged() {
        Label fine = new Label();
        program.loadAncillary(SocketFilter.ANCILLARY_VLAN_TAG_PRESENT)
                .jumpIf(0, fine)
                .loadAncillary(SocketFilter.ANCILLARY_VLAN_TAG)
                .and(VLAN_ID)
                .jumpIf(0, fine)
                .refuse()
                .place(fine);
    }

    private void anyInternetProtocol() {
        program.loadAncillary(SocketFilter.ANCILLARY_PROTOCOL)
                .jumpIf(EtherType.IPV4, accept)
                .jumpIf(EtherType.IPV6, accept);
    }

    /** Accepts or refuses packets of one class; those of others go on behind. */
    private void direction(int packetType, Way way) {
        Label other = new Label();
        program.loadAncillary(SocketFilter.ANCILLARY_PACKET_TYPE).require(packetType, other);
        program.loadAncillary(SocketFilter.ANCILLARY_PROTOCOL);
        if (way.isIpv6()) {
            program.require(EtherType.IPV6, refuse);
            ipv6(way);
        } else {
            program.require(EtherType.IPV4, refuse);
            ipv4(way);
        }
        program.place(other);
    }

    private void ipv4(Way way) {
        address(V4_SOURCE_AT, way.source);
        address(V4_DESTINATION_AT, way.destination);
        Label first = new Label();
        program.load(V4_PROTOCOL_AT, 1)
                .require(TCP, refuse)
                .load(V4_FRAGMENT_AT, 2)
                .and(V4_FRAGMENT_OFFSET)
                .jumpIf(0, first)
                .accept()
                .place(first);
        way.source.ifPresent(end -> program.loadBehindIpv4Header(0).require(end.getPort(), refuse));
        way.destination.ifPresent(end -> program.loadBehindIpv4Header(2).require(end.getPort(), refuse));
        program.accept();
    }

    private void ipv6(Way way) {
        address(V6_SOURCE_AT, way.source);
        address(V6_DESTINATION_AT, way.destination);
        Label plain = new Label();
        Label fragment = new Label();
        program.load(V6_NEXT_HEADER_AT, 1).jumpIf(TCP, plain).jumpIf(FRAGMENT, fragment);
        for (int extension : OTHER_EXTENSIONS) {
            program.jumpIf(extension, accept);
        }
        program.refuse();

        Label first = new Label();
        program.place(fragment)
                .load(V6_HEADER_BYTES, 1)
                .require(TCP, refuse)
                .load(V6_HEADER_BYTES + 2, 2)
                .and(V6_FRAGMENT_OFFSET)
                .jumpIf(0, first)
                .accept()
                .place(first);
        ports(V6_HEADER_BYTES + V6_FRAGMENT_HEADER_BYTES, way);
        program.place(plain);
        ports(V6_HEADER_BYTES, way);
    }

    private void ports(int at, Way way) {
        way.source.ifPresent(end -> program.load(at, 2).require(end.getPort(), refuse));
        way.destination.ifPresent(end -> program.load(at + 2, 2).require(end.getPort(), refuse));
        program.accept();
    }

    private void address(int at, Optional<InetSocketAddress> end) {
        ByteBuffer words =
                ByteBuffer.wrap(end.map(each -> each.getAddress().getAddress()).orElse(ANY));
        while (words.hasRemaining()) {
            int offset = at + words.position();
            program.load(offset, 4).require(words.getInt(), refuse);
        }
    }

    private SocketFilter finish() {
        return program.place(refuse).refuse().place(accept).accept().build();
    }
}
