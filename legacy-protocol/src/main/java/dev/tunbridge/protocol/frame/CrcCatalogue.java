package dev.tunbridge.protocol.frame;

import dev.tunbridge.protocol.frame.ChecksumAlgorithm.Crc;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Well-known checks by name, with the parameters of the CRC RevEng catalogue (G. Cook). */
public final class CrcCatalogue {
    static final Crc CRC_32 = reflected(32, 0x04C11DB7, 0xFFFFFFFF, 0xFFFFFFFF);
    static final Crc CRC_32C = reflected(32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF);

    private static final Map<String, Crc> BY_NAME = new TreeMap<>();

    static {
        BY_NAME.put("crc8", plain(8, 0x07, 0x00, 0x00));
        BY_NAME.put("crc8-autosar", plain(8, 0x2F, 0xFF, 0xFF));
        BY_NAME.put("crc8-maxim", reflected(8, 0x31, 0x00, 0x00));
        BY_NAME.put("crc8-sae-j1850", plain(8, 0x1D, 0xFF, 0xFF));
        BY_NAME.put("crc16-arc", reflected(16, 0x8005, 0x0000, 0x0000));
        BY_NAME.put("crc16-ccitt-false", plain(16, 0x1021, 0xFFFF, 0x0000));
        BY_NAME.put("crc16-dnp", reflected(16, 0x3D65, 0x0000, 0xFFFF));
        BY_NAME.put("crc16-kermit", reflected(16, 0x1021, 0x0000, 0x0000));
        BY_NAME.put("crc16-mcrf4xx", reflected(16, 0x1021, 0xFFFF, 0x0000));
        BY_NAME.put("crc16-modbus", reflected(16, 0x8005, 0xFFFF, 0x0000));
        BY_NAME.put("crc16-usb", reflected(16, 0x8005, 0xFFFF, 0xFFFF));
        BY_NAME.put("crc16-x25", reflected(16, 0x1021, 0xFFFF, 0xFFFF));
        BY_NAME.put("crc16-xmodem", plain(16, 0x1021, 0x0000, 0x0000));
        BY_NAME.put("crc24-ble", reflected(24, 0x00065B, 0x555555, 0x000000));
        BY_NAME.put(
                "crc24-q", plain(24, 0x864CFB, 0x000000, 0x000000)); // there CRC-24/LTE-A; RTCM's name is better known
        BY_NAME.put("crc24-openpgp", plain(24, 0x864CFB, 0xB704CE, 0x000000));
        BY_NAME.put("crc32", CRC_32);
        BY_NAME.put("crc32-bzip2", plain(32, 0x04C11DB7, 0xFFFFFFFF, 0xFFFFFFFF));
        BY_NAME.put("crc32-mpeg2", plain(32, 0x04C11DB7, 0xFFFFFFFF, 0x00000000));
        BY_NAME.put("crc32c", CRC_32C);
    }

    /** What others call them, each by the one name that is told. */
    private static final Map<String, String> ALIASES = Map.of(
            "crc32-iscsi", "crc32c",
            "crc32-castagnoli", "crc32c",
            "crc32-iso-hdlc", "crc32",
            "crc16-ibm-3740", "crc16-ccitt-false",
            "crc16-ibm-sdlc", "crc16-x25",
            "crc16-iso-hdlc", "crc16-x25",
            "crc16-ccitt-true", "crc16-kermit",
            "crc24-lte-a", "crc24-q",
            "crc8-smbus", "crc8");

    private CrcCatalogue() {}

    /** By their names. */
    public static Map<String, Crc> all() {
        return Collections.unmodifiableMap(BY_NAME);
    }

    static Optional<Crc> find(String name) {
        return Optional.ofNullable(BY_NAME.get(ALIASES.getOrDefault(name, name)));
    }

    private static Crc reflected(int width, int poly, int init, int xorout) {
        return new Crc(width, poly, init, true, true, xorout);
    }

    private static Crc plain(int width, int poly, int init, int xorout) {
        return new Crc(width, poly, init, false, false, xorout);
    }
}
