package dev.tunbridge.protocol.session;

/** What a session may want of the world around it: a script has neither clock nor dice. */
public interface Surroundings {
    /** Milliseconds since 1970. */
    long unixMillis();

    /** So many bytes that nobody can foresee. */
    byte[] randomBytes(int count);
}
