package dev.broadcaster.bench;

import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/** The median of some values, with the least and the greatest. */
record Spread(double median, double least, double greatest) {
    static <T> Spread of(List<T> items, ToDoubleFunction<T> value) {
        double[] sorted = items.stream().mapToDouble(value).sorted().toArray();
        int middle = sorted.length / 2;
        double median = sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return new Spread(median, sorted[0], sorted[sorted.length - 1]);
    }

    /** With three significant digits, as {@code 0.52 (0.49-0.55)}. */
    @Override
    public String toString() {
        return digits(median) + " (" + digits(least) + "-" + digits(greatest) + ")";
    }

    private static String digits(double value) {
        return String.format(Locale.ROOT, value < 10 ? "%.2f" : value < 100 ? "%.1f" : "%,.0f", value);
    }
}
