package dev.tunbridge.linux.netlink;

import com.code_intelligence.jazzer.junit.FuzzTest;

/** Whatever lies behind the header of a message is read, or passed over; nothing is read beyond it. */
class NetlinkFuzzTest {
    @FuzzTest(maxDuration = "10m")
    void reads(byte[] body) {
        DamagedMessageTest.readAll(body);
    }
}
