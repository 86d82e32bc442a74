package dev.tunbridge.bridge.tun;

class LinuxTunDevicePlainEpollTest extends LinuxTunDeviceContract {
    @Override
    LinuxTunDeviceTest.Loop loopKind() {
        return LinuxTunDeviceTest.Loop.EPOLL;
    }

    @Override
    TunOptions options() {
        return new TunOptions("tbt0", TunOptions.Offload.OFF, TunOptions.Coalescing.OFF);
    }
}
