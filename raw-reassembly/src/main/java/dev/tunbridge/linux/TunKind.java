package dev.tunbridge.linux;

/** What a virtual interface carries: IP packets, or Ethernet frames. */
public enum TunKind {
    TUN(0x0001),
    TAP(0x0002);

    final int flag;

    TunKind(int flag) {
        this.flag = flag;
    }
}
