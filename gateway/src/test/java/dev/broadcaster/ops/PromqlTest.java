package dev.broadcaster.ops;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PromqlTest {
    @Test
    void of_findsMetricsWithTheirLabels_andNothingElse() {
        Promql found =
                Promql.of("histogram_quantile(0.99, sum by (job, le) (rate(a_bucket{x=\"b{c=\\\"\", y!~'z'}[5m])))"
                        + " / on (job) group_left (version) (sum without (code) (d:e) > bool 1e3) and clamp_min(-f, 10)"
                        + " or max_over_time(g{}[10m:1m] offset 5m) unless count(h) by (k)");

        assertThat(found.selected().keySet()).containsExactly("a_bucket", "d:e", "f", "g", "h");
        assertThat(found.selected().get("a_bucket")).containsExactly("x", "y");
        assertThat(found.selected().get("g")).isEmpty();
        assertThat(found.grouping()).containsExactly("code", "job", "k", "le", "version");
    }
}
