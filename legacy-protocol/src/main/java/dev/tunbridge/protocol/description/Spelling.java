package dev.tunbridge.protocol.description;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/** Which of the names that there are was meant. */
public final class Spelling {
    private Spelling() {}

    /** The nearest name, if it is so near that a slip of the finger explains the difference. */
    public static Optional<String> nearest(String name, Collection<String> names) {
        return names.stream()
                .filter(other -> distance(name, other) <= Math.max(1, Math.min(name.length(), other.length()) / 3))
                .min(Comparator.comparingInt((String other) -> distance(name, other))
                        .thenComparing(Comparator.naturalOrder()));
    }

    /** Changes, losses, insertions and swaps of neighbours (the restricted distance of Damerau), whatever the case. */
    private static int distance(String a, String b) {
        if (Math.abs(a.length() - b.length()) > Math.max(a.length(), b.length()) / 2) {
            return Integer.MAX_VALUE;
        }
        int[][] cost = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                cost[i][j] = i == 0 || j == 0 ? i + j : cheapest(cost, a, b, i, j);
            }
        }
        return cost[a.length()][b.length()];
    }

    private static int cheapest(int[][] cost, String a, String b, int i, int j) {
        int change = cost[i - 1][j - 1] + (same(a, i - 1, b, j - 1) ? 0 : 1);
        int best = Math.min(change, 1 + Math.min(cost[i - 1][j], cost[i][j - 1]));
        boolean swapped = i > 1 && j > 1 && same(a, i - 1, b, j - 2) && same(a, i - 2, b, j - 1);
        return swapped ? Math.min(best, cost[i - 2][j - 2] + 1) : best;
    }

    private static boolean same(String a, int i, String b, int j) {
        return Character.toLowerCase(a.charAt(i)) == Character.toLowerCase(b.charAt(j));
    }
}
