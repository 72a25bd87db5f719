package dev.purser.core.pricing;

import dev.purser.core.pricing.Bill.Category;
import dev.purser.core.pricing.Bill.Line;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Turns usage into a bill: exact products and sums, each line rounded once. */
final class Pricing {
    private static final BigDecimal SECONDS_PER_HOUR = BigDecimal.valueOf(3600);
    private static final BigDecimal MB_MILLIS_PER_GB_SECOND = BigDecimal.valueOf(1024 * 1000);
    private static final BigDecimal BYTES_PER_GB = BigDecimal.valueOf(1L << 30);
    private static final BigDecimal NANOS_PER_HOUR = BigDecimal.valueOf(3_600_000_000_000L);
    private static final BigDecimal MILLIS_PER_HOUR = BigDecimal.valueOf(3_600_000);
    private static final BigDecimal MILLIS_PER_MINUTE = BigDecimal.valueOf(60_000);
    private static final BigDecimal THOUSAND = BigDecimal.valueOf(1000);

    private Pricing() {}

    static Bill price(Usage usage, PriceBook book) {
        List<Line> lines = new ArrayList<>();
        for (Usage.InstanceSeconds used : usage.instances()) {
            if (used.billedSeconds() > 0) {
                BigDecimal seconds = BigDecimal.valueOf(used.billedSeconds());
                lines.add(line(
                        Category.VM,
                        used.type().name(),
                        amount(seconds) + " s",
                        seconds.multiply(used.type().usdPerHour()),
                        SECONDS_PER_HOUR));
            }
        }
        spot(usage, lines);
        for (Usage.SurplusCredits used : usage.surplus()) {
            BurstPricing burst = used.type().burst();
            if (burst != null) {
                BigDecimal vcpuMillis = BigDecimal.valueOf(used.vcpuMillis());
                lines.add(line(
                        Category.VM,
                        used.type().name() + " surplus credits",
                        amount(vcpuMillis.divide(MILLIS_PER_MINUTE, Bill.SCALE, RoundingMode.HALF_UP)) + " credits",
                        vcpuMillis.multiply(burst.usdPerSurplusVcpuHour()),
                        MILLIS_PER_HOUR));
            }
        }
        function(usage, book.function(), lines);
        storage(usage, book.storage(), lines);
        return new Bill(lines);
    }

    /** One line for each type: what its seconds cost at their prices, added up before it is rounded. */
    private static void spot(Usage usage, List<Line> lines) {
        Map<String, BigDecimal> seconds = new LinkedHashMap<>();
        Map<String, BigDecimal> usdSeconds = new LinkedHashMap<>();
        for (Usage.SpotSeconds used : usage.spot()) {
            BigDecimal billed = BigDecimal.valueOf(used.billedSeconds());
            seconds.merge(used.type().name(), billed, BigDecimal::add);
            usdSeconds.merge(used.type().name(), billed.multiply(used.usdPerHour()), BigDecimal::add);
        }
        seconds.forEach((type, billed) -> lines.add(line(
                Category.VM,
                type + " spot",
                amount(billed) + " s",
                usdSeconds.getOrDefault(type, BigDecimal.ZERO),
                SECONDS_PER_HOUR)));
    }

    private static void function(Usage usage, FunctionPricing pricing, List<Line> lines) {
        // 1,024,000 has no prime factors but 2 and 5, so this quotient is exact
        BigDecimal gbSeconds = BigDecimal.valueOf(usage.functionMbMillis()).divide(MB_MILLIS_PER_GB_SECOND);
        BigDecimal requests = BigDecimal.valueOf(usage.functionRequests());
        FunctionPricing.FreeTier free = pricing.freeTier();
        if (free != null) {
            gbSeconds = gbSeconds.subtract(BigDecimal.valueOf(free.gbSeconds())).max(BigDecimal.ZERO);
            requests = requests.subtract(BigDecimal.valueOf(free.requests())).max(BigDecimal.ZERO);
        }
        BigDecimal from = BigDecimal.ZERO;
        BigDecimal price = pricing.usdPerGbSecond();
        for (FunctionPricing.Tier tier : pricing.tiers()) {
            BigDecimal to = BigDecimal.valueOf(tier.aboveGbSeconds());
            duration(from, gbSeconds.min(to), price, lines);
            from = to;
            price = tier.usdPerGbSecond();
        }
        duration(from, gbSeconds, price, lines);
        if (requests.signum() > 0) {
            lines.add(line(
                    Category.FUNCTION,
                    "requests",
                    amount(requests),
                    requests.multiply(pricing.usdPerRequest()),
                    BigDecimal.ONE));
        }
    }

    /** Bills the GB-seconds between two volumes, if there are any. */
    private static void duration(BigDecimal from, BigDecimal to, BigDecimal usdPerGbSecond, List<Line> lines) {
        BigDecimal gbSeconds = to.subtract(from);
        if (gbSeconds.signum() > 0) {
            lines.add(line(
                    Category.FUNCTION,
                    from.signum() == 0 ? "duration" : "duration above " + amount(from) + " GB-s",
                    amount(gbSeconds) + " GB-s",
                    gbSeconds.multiply(usdPerGbSecond),
                    BigDecimal.ONE));
        }
    }

    private static void storage(Usage usage, StoragePricing pricing, List<Line> lines) {
        kept("stored", usage.storedByteNanos(), pricing.usdPerGbMonth(), pricing, lines);
        VolumePricing volume = pricing.volume();
        if (volume != null) {
            kept("volumes of stopped instances", usage.volumeByteNanos(), volume.usdPerGbMonth(), pricing, lines);
        }
        objects("objects written", usage.objectsWritten(), pricing.usdPerThousandPuts(), lines);
        objects("objects read", usage.objectsRead(), pricing.usdPerThousandGets(), lines);
    }

    private static void kept(
            String item, BigInteger byteNanos, BigDecimal usdPerGbMonth, StoragePricing pricing, List<Line> lines) {
        if (byteNanos.signum() > 0) {
            BigDecimal kept = new BigDecimal(byteNanos);
            BigDecimal perGbMonth =
                    BYTES_PER_GB.multiply(NANOS_PER_HOUR).multiply(BigDecimal.valueOf(pricing.hoursPerMonth()));
            lines.add(line(
                    Category.STORAGE,
                    item,
                    amount(kept.divide(perGbMonth, Bill.SCALE, RoundingMode.HALF_UP)) + " GB-months",
                    kept.multiply(usdPerGbMonth),
                    perGbMonth));
        }
    }

    private static void objects(String item, long count, BigDecimal usdPerThousand, List<Line> lines) {
        if (count > 0) {
            BigDecimal objects = BigDecimal.valueOf(count);
            lines.add(line(Category.STORAGE, item, amount(objects), objects.multiply(usdPerThousand), THOUSAND));
        }
    }

    /** A line whose price is a quotient, rounded in this one place. */
    private static Line line(Category category, String item, String quantity, BigDecimal usd, BigDecimal per) {
        return new Line(category, item, quantity, usd.divide(per, Bill.SCALE, RoundingMode.HALF_UP));
    }

    private static String amount(BigDecimal number) {
        return number.signum() == 0 ? "0" : number.stripTrailingZeros().toPlainString();
    }
}
