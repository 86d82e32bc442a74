package dev.tunbridge.bridge.tun;

class LinuxTunDeviceEpollTest extends LinuxTunDeviceContract {
    @Override
    LinuxTunDeviceTest.Loop loopKind() {
        return LinuxTunDeviceTest.Loop.EPOLL;
    }

    @Override
    TunOptions options() {
        return new TunOptions("tbt0", TunOptions.Offload.ON, TunOptions.Coalescing.ON);
    }
}
