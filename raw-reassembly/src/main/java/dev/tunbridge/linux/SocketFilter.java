package dev.tunbridge.linux;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import java.util.ArrayList;
import java.util.List;

/**
 * A classic BPF program for a socket (linux/filter.h): it looks at each packet and says whether the socket gets it.
 * Offsets count from where the socket's packets begin; for a packet socket of type {@code SOCK_DGRAM} that is the
 * network header. A load beyond the end of a packet refuses it.
 *
 * <pre>
 *   struct sock_filter: u16 code (0) | u8 jump if true (2) | u8 jump if false (3) | u32 k (4)
 *   struct sock_fprog:  u16 instructions (0) | their address (one word on)
 * </pre>
 */
public final class SocketFilter {
    /** The class of a packet socket's packet, {@code PACKET_*} of linux/if_packet.h. */
    public static final int ANCILLARY_PACKET_TYPE = 4;

    /** Its EtherType, without VLAN tags. */
    public static final int ANCILLARY_PROTOCOL = 0;

    public static final int ANCILLARY_VLAN_TAG = 44;
    public static final int ANCILLARY_VLAN_TAG_PRESENT = 48;

    /** SKF_AD_OFF: from here on offsets name what the kernel knows of a packet. */
    private static final int ANCILLARY = -0x1000;

    private static final int LOAD_WORD = 0x20;
    private static final int LOAD_HALF = 0x28;
    private static final int LOAD_BYTE = 0x30;
    private static final int LOAD_HALF_INDEXED = 0x48;
    private static final int LOAD_IPV4_HEADER_LENGTH = 0xb1;
    private static final int AND = 0x54;
    private static final int JUMP_IF_EQUAL = 0x15;
    private static final int JUMP = 0x05;
    private static final int RETURN = 0x06;

    private static final int INSTRUCTION_BYTES = 8;
    /** BPF_MAXINSNS is 4,096, but a conditional jump has a byte to say how far. */
    private static final int MAX_JUMP = 255;

    private static final int WHOLE_PACKET = 0x7fff_ffff;

    private final List<Instruction> instructions;

    private SocketFilter(List<Instruction> instructions) {
        this.instructions = instructions;
    }

    private record Instruction(int code, int ifTrue, int ifFalse, int operand) {}

    /** Refuses every packet. */
    public static SocketFilter nothing() {
        return new SocketFilter(List.of(new Instruction(RETURN, 0, 0, 0)));
    }

    /** The structure that {@code SO_ATTACH_FILTER} takes; the kernel copies it. */
    Memory toNative() {
        int programBytes = 2 * Native.POINTER_SIZE;
        Memory memory = new Memory(programBytes + (long) instructions.size() * INSTRUCTION_BYTES);
        memory.clear();
        memory.setShort(0, (short) instructions.size());
        memory.setPointer(Native.POINTER_SIZE, memory.share(programBytes));
        long at = programBytes;
        for (Instruction instruction : instructions) {
            memory.setShort(at, (short) instruction.code);
            memory.setByte(at + 2, (byte) instruction.ifTrue);
            memory.setByte(at + 3, (byte) instruction.ifFalse);
            memory.setInt(at + 4, instruction.operand);
            at += INSTRUCTION_BYTES;
        }
        return memory;
    }

    static int nativeBytes() {
        return 2 * Native.POINTER_SIZE;
    }

    /** A place in a program, jumped to before it is placed: classic BPF jumps forwards only. */
    public static final class Label {
        private int at = -1;
    }

    /** Writes a program from its first instruction to its last. */
    public static final class Builder {
        private record Pending(int code, int operand, Label ifTrue, Label ifFalse) {}

        private final List<Pending> pending = new ArrayList<>();

        /** Loads 1, 2 or 4 bytes, in network order, into the accumulator. */
        public Builder load(int offset, int bytes) {
            int code = switch (bytes) {
                case 1 -> LOAD_BYTE;
                case 2 -> LOAD_HALF;
                case 4 -> LOAD_WORD;
                default -> throw new IllegalArgumentException("load of " + bytes + " bytes; allowed: 1, 2, 4");
            };
            return plain(code, offset);
        }

        /** Loads what the kernel knows of the packet: one of {@code ANCILLARY_*}. */
        public Builder loadAncillary(int what) {
            return plain(LOAD_WORD, ANCILLARY + what);
        }

        /** Loads two bytes at this distance from the end of the IPv4 header that the packet begins with. */
        public Builder loadBehindIpv4Header(int offset) {
            plain(LOAD_IPV4_HEADER_LENGTH, 0);
            return plain(LOAD_HALF_INDEXED, offset);
        }

        public Builder and(int mask) {
            return plain(AND, mask);
        }

        /** Goes on behind this instruction if the accumulator holds the value, else at the label. */
        public Builder require(int value, Label otherwise) {
            Label next = new Label();
            branch(value, next, otherwise);
            return place(next);
        }

        /** Goes on at the label if the accumulator holds the value, else behind this instruction. */
        public Builder jumpIf(int value, Label then) {
            Label next = new Label();
            branch(value, then, next);
            return place(next);
        }

        public Builder jump(Label target) {
            pending.add(new Pending(JUMP, 0, target, target));
            return this;
        }

        public Builder place(Label label) {
            label.at = pending.size();
            return this;
        }

        public Builder accept() {
            return plain(RETURN, WHOLE_PACKET);
        }

        public Builder refuse() {
            return plain(RETURN, 0);
        }

        private void branch(int value, Label ifTrue, Label ifFalse) {
            pending.add(new Pending(JUMP_IF_EQUAL, value, ifTrue, ifFalse));
        }

        private Builder plain(int code, int operand) {
            Label none = new Label();
            pending.add(new Pending(code, operand, none, none));
            return this;
        }

        public SocketFilter build() {
            List<Instruction> instructions = new ArrayList<>();
            for (Pending each : pending) {
                int next = instructions.size() + 1;
                instructions.add(
                        switch (each.code) {
                            case JUMP -> new Instruction(JUMP, 0, 0, distance(next, each.ifTrue));
                            case JUMP_IF_EQUAL ->
                                new Instruction(
                                        each.code,
                                        distance(next, each.ifTrue),
                                        distance(next, each.ifFalse),
                                        each.operand);
                            default -> new Instruction(each.code, 0, 0, each.operand);
                        });
            }
            return new SocketFilter(List.copyOf(instructions));
        }

        private static int distance(int next, Label label) {
            int distance = label.at - next;
            if (label.at < 0 || distance < 0 || distance > MAX_JUMP) {
                throw new IllegalStateException("a jump from " + next + " to " + label.at + "; allowed: up to "
                        + MAX_JUMP + " instructions forwards");
            }
            return distance;
        }
    }
}
