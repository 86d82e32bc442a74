package dev.tunbridge.sim.link;

import dev.tunbridge.linux.TunInterface;

/**
 * One end of a link: a device that the link makes, and the named network namespace to make it in.
 *
 * @param namespace as {@code ip netns} lists it
 * @param device at most 15 characters
 */
public record LinkEnd(String namespace, String device) {

    public LinkEnd {
        if (!namespace.matches("[^/\\s]+") || namespace.startsWith(".")) {
            throw new IllegalArgumentException("namespace '" + namespace + "'; allowed: a name that ip netns lists");
        }
        if (!device.matches("[^/:\\s]{1," + TunInterface.MAX_NAME_LENGTH + "}") || device.startsWith(".")) {
            throw new IllegalArgumentException("device '" + device + "'; allowed: 1 to " + TunInterface.MAX_NAME_LENGTH
                    + " characters without slash, colon or space");
        }
    }

    /** From {@code NS:DEV}; {@code field} names the option in the error. */
    public static LinkEnd parse(String field, String text) throws LinkSettingException {
        int colon = text.lastIndexOf(':');
        if (colon < 1) {
            throw new LinkSettingException(field, text, "NAMESPACE:DEVICE, such as left:eth0");
        }
        try {
            return new LinkEnd(text.substring(0, colon), text.substring(colon + 1));
        } catch (IllegalArgumentException e) {
            throw LinkSettingException.ofReason(field, text, String.valueOf(e.getMessage()));
        }
    }

    @Override
    public String toString() {
        return namespace + ":" + device;
    }
}
