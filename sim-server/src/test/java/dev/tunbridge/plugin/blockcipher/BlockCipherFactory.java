package dev.tunbridge.plugin.blockcipher;

import dev.tunbridge.protocol.message.MessageMapper;
import dev.tunbridge.protocol.message.Value;
import dev.tunbridge.protocol.plugin.Binding;
import dev.tunbridge.protocol.plugin.MessageMapperFactory;
import java.util.Map;
import java.util.Set;

/** {@code mapper: {name: block-cipher, with: {cipher: AES, type: TYPE}}}: the payloads of one type, under the MD5 of the token. */
public final class BlockCipherFactory implements MessageMapperFactory {
    @Override
    public String name() {
        return "block-cipher";
    }

    @Override
    public void check(Map<String, String> with) {
        if (!with.keySet().equals(Set.of("cipher", "type"))) {
            throw new IllegalArgumentException("has the keys " + with.keySet() + "; allowed: cipher, type");
        }
        BlockCipherMapper.cipher(with.getOrDefault("cipher", ""));
    }

    @Override
    public int mostGrowthBytes() {
        return BlockCipherMapper.LARGEST_BLOCK_BYTES;
    }

    @Override
    public MessageMapper bind(Binding binding) {
        String name = binding.with().getOrDefault("type", "");
        int type = binding.format()
                .type(name)
                .orElseThrow(() -> new IllegalArgumentException("type is " + name + "; allowed: one of types"));
        byte[] token = binding.configured("identity.token", Value.Bytes.class)
                .map(given -> given.octets().toByteArray())
                .orElseGet(() -> new byte[0]);
        if (token.length == 0) {
            throw new IllegalArgumentException(
                    "identity.token is empty; allowed: the password that the key is made of");
        }
        return new BlockCipherMapper(type, binding.with().getOrDefault("cipher", ""), token);
    }
}
