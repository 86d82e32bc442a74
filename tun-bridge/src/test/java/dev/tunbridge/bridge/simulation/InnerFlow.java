package dev.tunbridge.bridge.simulation;

/**
 * Who talks to whom inside the tunnel.
 *
 * @param serial tells flows apart
 */
record InnerFlow(int serial, int protocol, int client, int clientPort, int devicePort) {
    @Override
    public String toString() {
        return "flow " + serial;
    }
}
