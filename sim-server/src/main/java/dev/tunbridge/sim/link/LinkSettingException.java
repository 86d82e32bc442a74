package dev.tunbridge.sim.link;

/** A profile or setting of the link that cannot be: names the field, its value and what is allowed. */
public final class LinkSettingException extends Exception {
    private static final long serialVersionUID = 1;

    private final String field;

    public LinkSettingException(String field, String value, String allowed) {
        super(field + ": '" + value + "' cannot be; allowed: " + allowed);
        this.field = field;
    }

    private LinkSettingException(String field, String message) {
        super(message);
        this.field = field;
    }

    /** For a reason that says itself what is allowed. */
    static LinkSettingException ofReason(String field, String value, String reason) {
        return new LinkSettingException(field, field + ": '" + value + "' cannot be: " + reason);
    }

    public String field() {
        return field;
    }
}
