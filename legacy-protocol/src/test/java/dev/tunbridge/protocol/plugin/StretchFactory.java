package dev.tunbridge.protocol.plugin;

import dev.tunbridge.protocol.message.MalformedMessageException;
import dev.tunbridge.protocol.message.MessageMapper;
import dev.tunbridge.protocol.message.Value;
import io.netty.buffer.ByteBuf;
import java.util.Map;
import java.util.Set;

/**
 * Packets whose bytes are inverted and followed by three more, of which the last counts frames where {@code with: {counts: yes}}; never
 * ones that begin with 0xEE.
 */
public final class StretchFactory implements MessageMapperFactory {
    static final int GROWTH = 3;

    @Override
    public String name() {
        return "stretch";
    }

    @Override
    public void check(Map<String, String> with) {
        if (!Set.of("counts").containsAll(with.keySet())) {
            throw new IllegalArgumentException("has the keys " + with.keySet() + "; allowed: counts");
        }
    }

    @Override
    public int mostGrowthBytes() {
        return GROWTH;
    }

    @Override
    public MessageMapper bind(Binding binding) {
        if (binding.configured("identity.token", Value.Text.class)
                .filter(token -> token.text().equals("wrong"))
                .isPresent()) {
            throw new IllegalArgumentException("identity.token is wrong; allowed: any other");
        }
        return new Stretch(
                binding.format().type("packet").orElseThrow(), binding.with().containsKey("counts"));
    }

    private static final class Stretch implements MessageMapper {
        private final int packet;
        private final boolean counts;
        private int written;
        private int read;

        Stretch(int packet, boolean counts) {
            this.packet = packet;
            this.counts = counts;
        }

        @Override
        public boolean maps(int type) {
            return type == packet;
        }

        @Override
        public void toWire(int type, ByteBuf buffer, int index) {
            if (buffer.writerIndex() > index && buffer.getUnsignedByte(index) == 0xEE) {
                buffer.writeByte(1);
                throw new IllegalArgumentException("begins with 0xEE");
            }
            invert(buffer, index);
            buffer.writeMedium(counts ? written++ : 0);
        }

        @Override
        public void fromWire(int type, ByteBuf buffer, int index) throws MalformedMessageException {
            int behind = buffer.writerIndex() - GROWTH;
            if (behind < index || buffer.getUnsignedMedium(behind) != (counts ? read : 0)) {
                throw new MalformedMessageException("is none of " + read);
            }
            read++;
            buffer.writerIndex(behind);
            invert(buffer, index);
        }

        private static void invert(ByteBuf buffer, int index) {
            for (int i = index; i < buffer.writerIndex(); i++) {
                buffer.setByte(i, ~buffer.getByte(i));
            }
        }

        @Override
        public boolean isStateless() {
            return !counts;
        }
    }
}
