package dev.tunbridge.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tunbridge.protocol.description.Description;
import dev.tunbridge.protocol.description.DescriptionException;
import dev.tunbridge.protocol.frame.FrameFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ProtocolTest {
    /** Those that speak the reference protocol's messages. */
    private static List<String> shipped() {
        return Description.shippedNames().stream()
                .filter(name -> FrameFormat.builtin(name).type("hello").isPresent())
                .toList();
    }

    private static Protocol acme(String others) {
        return Protocol.parse("""
                name: acme
                frame:
                  header: [{name: type, at: 0, size: 1}]
                  length: {at: 1, size: 2, max: 2000}
                  payload: {at: 3}
                types: {hello: 1, welcome: 2, reject: 3, keepalive: 4, keepalive-ack: 5, bye: 6, packet: 7}
                messages: %1$s
                session: %1$s
                """.formatted(others), "acme.yaml");
    }

    /** Some that ship take theirs from another themselves. */
    @ParameterizedTest
    @MethodSource("shipped")
    void takesMessagesAndSessionOfAnyThatShips(String name) {
        assertThat(acme(name).session()).isEqualTo(Protocol.builtin("reference").session());
        assertThat(acme(name).newCodec().maxPacketBytes()).isEqualTo(2_000);
    }

    /** A packet holds any byte, and nothing keeps it apart from the end. */
    @Test
    void refusesPacketsInFramesThatAByteEnds() {
        assertThatThrownBy(() -> Protocol.parse("""
                name: lines
                frame: {payload: {at: 0, max: 100}, end: "0D 0A"}
                types: {ip: 0}
                messages: {ip: {means: packet, layout: [{bytes: content}]}}
                session: none
                """, "lines.yaml"))
                .isInstanceOf(DescriptionException.class)
                .hasMessageContaining("types.ip")
                .hasMessageContaining("means packet, whose bytes may be any, also that of frame.end; allowed:");
    }

    /** Else it would be chance which of them is written. */
    @Test
    void refusesTwoTypesOfOneMeaning() {
        assertThatThrownBy(() -> Protocol.parse("""
                name: two
                frame:
                  header: [{name: type, at: 0, size: 1}]
                  length: {at: 1, size: 2, max: 2000}
                  payload: {at: 3}
                types: {four: 4, six: 6}
                messages:
                  four: {means: packet, layout: [{bytes: content}]}
                  six: {means: packet, layout: [{bytes: content}]}
                session: none
                """, "two.yaml"))
                .hasMessageContaining("means packet as ")
                .hasMessageContaining(" does; allowed one of them");
    }

    @Test
    void refusesThoseOfAnother() {
        assertThatThrownBy(() -> acme("modbus"))
                .isInstanceOf(DescriptionException.class)
                .hasMessageContaining(
                        "messages: is \"modbus\"; allowed: its own messages, or those of reference, plain-le, hdlc, vtun, ");
    }

    @Test
    void aSessionThatIsAnotherDescriptionsAndDoesNotSuitIsRefusedHere() {
        String withoutSession = FuzzSeeds.description("smpp").replace("session: none", "");
        assertThatThrownBy(() -> Protocol.parse(withoutSession, "acme.yaml"))
                .isInstanceOfSatisfying(
                        DescriptionException.class, e -> assertThat(e.key()).isEqualTo("session"))
                .hasMessageStartingWith("acme.yaml")
                .hasMessageContaining("is that of reference, which speaks of other messages")
                .hasMessageContaining("allowed: its own session, or none");
    }
}
