package dev.tunbridge.sim.link;

import java.io.IOException;
import java.util.Set;

/** A line between two namespaces, from when it is opened until it is closed; closing removes both devices. */
public sealed interface Link extends AutoCloseable permits UserSpaceLink, KernelLink {

    /**
     * Makes both devices, up and without addresses, and carries packets between them from now on. On failure nothing
     * is left behind.
     *
     * @param seed of every chance in the profile; the same packets at the same times have the same fates
     */
    static Link open(LinkEnd a, LinkEnd b, LinkProfile profile, long seed, Set<LinkOption> options)
            throws IOException, LinkSettingException {
        if (profile.carrier() == LinkProfile.Carrier.KERNEL_PAIR || options.contains(LinkOption.NETEM)) {
            return KernelLink.open(a, b, profile);
        }
        return UserSpaceLink.open(a, b, profile, seed, options);
    }

    /** What the link does now. */
    LinkProfile profile();

    /** Waits until the link is closed, or throws what has ended it before that. */
    void awaitEnd() throws IOException, InterruptedException;

    /** Removes both devices; again does nothing. */
    @Override
    void close();
}
