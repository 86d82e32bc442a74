package dev.tunbridge.sim.traffic;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/** Files that a {@link WebService} serves, and what a client must find in each. */
public final class WebContent {
    /** The shape of the sizes (Pareto): a few files make up most of the bytes, as on the Web. */
    private static final double TAIL = 1.2;

    private static final int LEAST_BYTES = 200;

    private final List<byte[]> files;
    private final List<String> digests;

    private WebContent(List<byte[]> files) {
        this.files = files;
        digests = files.stream().map(WebContent::digest).toList();
    }

    /** One file. */
    public static WebContent ofOne(int bytes) {
        return new WebContent(List.of(content(1, bytes)));
    }

    /** Files of heavy-tailed sizes that add up to the total, nearly; the same for the same seed. */
    public static WebContent ofMany(long seed, int count, int totalBytes) {
        SplittableRandom random = new SplittableRandom(seed);
        double[] weights = new double[count];
        // The largest has as much as half of the files have at the least: no one file is to decide the time for all.
        Arrays.setAll(weights, file -> Math.min(count / 2.0, Math.pow(1 - random.nextDouble(), -1 / TAIL)));
        double sum = Arrays.stream(weights).sum();
        List<byte[]> files = new ArrayList<>();
        for (int file = 0; file < count; file++) {
            int bytes = Math.max(LEAST_BYTES, (int) (weights[file] / sum * totalBytes));
            files.add(content(seed + file, bytes));
        }
        return new WebContent(files);
    }

    public int count() {
        return files.size();
    }

    public long totalBytes() {
        return files.stream().mapToLong(file -> file.length).sum();
    }

    byte[] file(int number) {
        return files.get(number);
    }

    boolean isIntact(int number, Digest received) {
        return received.finish().equals(digests.get(number));
    }

    private static String digest(byte[] file) {
        Digest digest = new Digest();
        digest.update(file, file.length);
        return digest.finish();
    }

    private static byte[] content(long seed, int bytes) {
        byte[] content = new byte[bytes];
        new SeededContent(seed, bytes).read(content, 0, bytes);
        return content;
    }
}
