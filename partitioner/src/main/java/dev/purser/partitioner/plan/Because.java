package dev.purser.partitioner.plan;

import dev.purser.core.partition.PartCosts;
import dev.purser.core.policy.Reason;
import java.util.Locale;

/** Reasons about milliseconds and money. */
final class Because {
    private Because() {}

    static Reason millis(String code, String text, long observed, long limit) {
        return Reason.of(code, text, (double) observed, (double) limit);
    }

    /** The numbers are US dollars, which {@link Reason} would show with too few digits, so the text has them. */
    static Reason money(String code, String text, long observed, long limit) {
        return Reason.of(
                code,
                text.replace("{observed}", usd(observed)).replace("{limit}", usd(limit)),
                observed / PartCosts.UNITS_PER_USD,
                limit / PartCosts.UNITS_PER_USD);
    }

    static String usd(long units) {
        return String.format(Locale.ROOT, "$%.9f", units / PartCosts.UNITS_PER_USD);
    }
}
