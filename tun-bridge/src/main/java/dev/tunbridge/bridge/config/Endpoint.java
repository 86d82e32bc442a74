package dev.tunbridge.bridge.config;

/** A host name or literal address and a port; the name is resolved anew at each connection. */
public record Endpoint(String host, int port) {

    static final String ALLOWED = "HOST:PORT, an IPv6 literal in brackets, port 1 to 65535";

    /** Reads {@code host:port}, {@code 192.0.2.1:7000} or {@code [2001:db8::1]:7000}. */
    public static Endpoint parse(String text) {
        int colon = text.lastIndexOf(':');
        SettingType.require(colon > 0);
        String host = text.substring(0, colon);
        if (host.startsWith("[")) {
            SettingType.require(host.endsWith("]") && host.length() > 2);
            host = host.substring(1, host.length() - 1);
        } else {
            SettingType.require(host.indexOf(':') < 0);
        }
        SettingType.require(!host.isBlank() && host.chars().noneMatch(Character::isWhitespace));
        int port = Integer.parseInt(text.substring(colon + 1));
        SettingType.require(port >= 1 && port <= 65535);
        return new Endpoint(host, port);
    }

    @Override
    public String toString() {
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }
}
