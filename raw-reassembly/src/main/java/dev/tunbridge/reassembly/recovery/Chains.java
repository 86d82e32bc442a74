package dev.tunbridge.reassembly.recovery;

import dev.tunbridge.protocol.frame.BoundaryGrade;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The chains of one stream, by rising origin: known boundaries, each with the frames that follow it one by one. */
final class Chains {
    /** A boundary and how far its frames have been followed. */
    static final class Chain {
        final BoundaryGrade grade;
        /** Its first frame; a chain that meets this one at its origin is swallowed. */
        long origin;

        long cursor;
        /** From here to the origin nothing was found that tells frames apart. */
        long searchedFrom;

        boolean isNew = true;

        private Chain(long origin, BoundaryGrade grade) {
            this.origin = origin;
            this.grade = grade;
            this.cursor = origin;
            this.searchedFrom = origin;
        }
    }

    private final List<Chain> chains = new ArrayList<>();
    private final boolean hasCertainBoundaries;

    /** @param hasCertainBoundaries whether the format has a byte that occurs in no frame */
    Chains(boolean hasCertainBoundaries) {
        this.hasCertainBoundaries = hasCertainBoundaries;
    }

    /** Begins a chain, unless one of at least that grade has passed its boundary. */
    @Nullable
    Chain begin(long offset, BoundaryGrade grade) {
        int at = firstReaching(offset);
        while (at < chains.size() && chains.get(at).origin <= offset) {
            if (chains.get(at).grade.compareTo(grade) <= 0) {
                return null;
            }
            at++;
        }
        Chain chain = new Chain(offset, grade);
        chains.add(at, chain);
        return chain;
    }

    void remove(Chain chain) {
        chains.remove(chain);
    }

    boolean contains(Chain chain) {
        return chains.contains(chain);
    }

    void clear() {
        chains.clear();
    }

    /** Removes those that have not come as far as the kernel lane. */
    void dropBehind(long position) {
        chains.removeIf(chain -> chain.cursor < position);
    }

    /** The first chain whose frames have been followed to the first of these bytes or further. */
    @Nullable
    Chain first(long from, long to) {
        int at = firstReaching(from);
        return at < chains.size() && chains.get(at).origin < to ? chains.get(at) : null;
    }

    @Nullable
    Chain firstProven(long from, long to) {
        for (int at = firstReaching(from); at < chains.size() && chains.get(at).origin < to; at++) {
            if (chains.get(at).grade == BoundaryGrade.PROVEN) {
                return chains.get(at);
            }
        }
        return null;
    }

    boolean hasNew(long from, long to) {
        for (int at = firstReaching(from); at < chains.size() && chains.get(at).origin < to; at++) {
            if (chains.get(at).isNew) {
                return true;
            }
        }
        return false;
    }

    @Nullable
    Chain after(Chain chain) {
        int at = chains.indexOf(chain) + 1;
        return at < chains.size() ? chains.get(at) : null;
    }

    /**
     * Settles what happens where a chain reaches or has crossed the origin of the next. The better grade is right where
     * they disagree.
     *
     * @return the one to go on with; null if both were proven and disagree
     */
    @Nullable
    Chain meet(Chain chain, Chain next) {
        int better = chain.grade.compareTo(next.grade);
        boolean agree = chain.cursor == next.origin;
        if (better < 0) {
            chains.remove(next); // followed again with the better grade, or false
            return chain;
        }
        if (better > 0) {
            if (!agree) {
                chains.remove(chain);
            }
            return next;
        }
        // No frame holds a byte that tells frames apart: where two proven places lie around such bytes, nothing else is
        // between them.
        boolean isProven = chain.grade == BoundaryGrade.PROVEN;
        if (agree || (isProven && hasCertainBoundaries)) {
            chains.remove(chain);
            next.origin = chain.origin;
            next.searchedFrom = Math.min(next.searchedFrom, chain.searchedFrom);
            next.cursor = Math.max(next.cursor, chain.cursor);
            return next;
        }
        if (isProven) {
            return null;
        }
        chains.remove(next);
        return chain;
    }

    /** The index of the first chain whose frames have been followed to the offset or further; all behind it start later. */
    private int firstReaching(long offset) {
        int low = 0;
        int high = chains.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (chains.get(middle).origin <= offset) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        // Chains that have not been settled yet may overlap, a few at most.
        while (low > 0 && chains.get(low - 1).cursor >= offset) {
            low--;
        }
        return low;
    }
}
