package dev.tunbridge.bridge.tun;

class LinuxTunDeviceNioTest extends LinuxTunDeviceContract {
    @Override
    LinuxTunDeviceTest.Loop loopKind() {
        return LinuxTunDeviceTest.Loop.NIO;
    }

    @Override
    TunOptions options() {
        return new TunOptions("tbt0", TunOptions.Offload.ON, TunOptions.Coalescing.ON);
    }
}
