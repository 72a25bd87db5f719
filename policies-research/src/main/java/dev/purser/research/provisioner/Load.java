package dev.purser.research.provisioner;

import dev.purser.core.policy.ProvisioningView;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The arrivals of each variant over a window of control intervals. */
final class Load {
    private final Duration window;
    private final @Nullable RateWindow[] variants;

    Load(int variants, Duration window) {
        this.window = window;
        this.variants = new RateWindow[variants];
    }

    void observe(ProvisioningView view) {
        for (int v = 0; v < variants.length; v++) {
            RateWindow arrivals = variants[v];
            if (arrivals == null) {
                long intervals = Math.max(1, window.toNanos() / view.intervalNanos());
                arrivals = new RateWindow((int) Math.min(100_000, intervals), view.intervalNanos() / 1e9);
                variants[v] = arrivals;
            }
            arrivals.add(view.arrivals(v));
        }
    }

    /** Mean requests per second of a variant. */
    double rate(int variant) {
        RateWindow arrivals = variants[variant];
        return arrivals == null ? 0 : arrivals.rate();
    }

    /** The window of a variant; null before anything was observed. */
    @Nullable
    RateWindow window(int variant) {
        return variants[variant];
    }
}
