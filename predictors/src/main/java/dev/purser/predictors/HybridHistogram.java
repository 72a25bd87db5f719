package dev.purser.predictors;

import dev.purser.core.policy.GapForecast;
import dev.purser.core.policy.InterArrivalPredictor;
import dev.purser.core.policy.StateExchange;
import dev.purser.spi.Setting;
import java.time.Duration;

/**
 * The hybrid histogram of Serverless in the Wild (Shahrad et al., USENIX ATC 2020, section 4.2): a histogram of idle times in
 * bins of a minute up to a range of four hours.
 *
 * <p>Where most idle times lie beyond the range, an ARIMA over them says when the next arrival comes, and the span is 15 %
 * around it. Where the bins' counts vary little (their coefficient of variation is below 2) the histogram tells nothing, and
 * the span is from now to the end of the range. Else it is from the lower edge of the bin with the 5th percentile, less 10 %,
 * to the upper edge of the bin with the 99th, plus 10 %. Feed it with idle times: from the end of an execution to the next
 * arrival.
 *
 * <p>Departures: the ARIMA is {@link Arima}, fitted from 50 idle times on; with fewer the last one is expected. The gap
 * expected, of which the paper knows nothing, is the middle of the median's bin.
 */
public final class HybridHistogram implements InterArrivalPredictor {
    /** No more than this many bins. */
    private static final int MOST_BINS = 100_000;

    private final Settings settings;
    private final double bin;
    private final double[] bins;
    private double inRange;
    private double outOfRange;
    /** Of the bins' counts, for their variation. */
    private double squares;

    private final Arima arima = new Arima(new Arima.Settings(1000, 250, -1));
    private final double[] next = new double[1];

    /**
     * Settings.
     *
     * @param bin width of a bin, 1 ms to 1 day
     * @param range how far the histogram reaches, at least one bin and at most 100,000
     * @param headPercentile where the span begins, 0 to 100
     * @param tailPercentile where it ends, 0 to 100
     * @param variation coefficient of variation of the bins' counts from which on the histogram is believed
     * @param outOfRange share of idle times beyond the range from which on the ARIMA is believed
     * @param margin what is added to both sides of the histogram's span, as a share
     * @param arimaMargin what is added to both sides of the ARIMA's forecast, as a share
     */
    public record Settings(
            @Setting(value = "width of a bin", byDefault = "1m")
            Duration bin,

            @Setting(value = "how far the histogram reaches", byDefault = "4h")
            Duration range,

            @Setting(value = "percentile of idle times where the span begins", byDefault = "5", min = 0, max = 100)
            double headPercentile,

            @Setting(value = "percentile of idle times where the span ends", byDefault = "99", min = 0, max = 100)
            double tailPercentile,

            @Setting(
                    value = "coefficient of variation of the bins from which on the histogram is believed",
                    byDefault = "2",
                    min = 0,
                    max = 1000)
            double variation,

            @Setting(
                    value = "share of idle times beyond the range from which on an ARIMA is believed",
                    byDefault = "0.5",
                    min = 0,
                    max = 1)
            double outOfRange,

            @Setting(value = "margin on both sides of the histogram's span", byDefault = "0.1", min = 0, max = 1)
            double margin,

            @Setting(value = "margin on both sides of the ARIMA's forecast", byDefault = "0.15", min = 0, max = 1)
            double arimaMargin) {
        /** @throws IllegalArgumentException if the bins are out of range */
        public Settings {
            if (bin.compareTo(Duration.ofMillis(1)) < 0 || bin.compareTo(Duration.ofDays(1)) > 0) {
                throw new IllegalArgumentException("bin " + bin + ", but it must lie between 1ms and 1d");
            }
            if (range.compareTo(bin) < 0 || range.dividedBy(bin) > MOST_BINS) {
                throw new IllegalArgumentException(
                        "range " + range + ", but it must lie between 1 and " + MOST_BINS + " bins");
            }
            if (!(headPercentile <= tailPercentile)) {
                throw new IllegalArgumentException("headPercentile " + headPercentile
                        + ", but it must not be above tailPercentile, " + tailPercentile);
            }
        }
    }

    /** @param settings thresholds and margins */
    public HybridHistogram(Settings settings) {
        this.settings = settings;
        bin = settings.bin().toNanos() / 1e9;
        bins = new double[(int) settings.range().dividedBy(settings.bin())];
    }

    /** @throws IllegalArgumentException if the idle time is negative, infinite or not a number */
    @Override
    public void observe(double gapSeconds, double together) {
        double idle = PointPredictor.checked(gapSeconds);
        arima.take(idle);
        double at = Math.floor(idle / bin);
        if (at >= bins.length) {
            outOfRange++;
            return;
        }
        squares += 2 * bins[(int) at] + 1;
        bins[(int) at]++;
        inRange++;
    }

    @Override
    public GapForecast forecast() {
        double range = bins.length * bin;
        if (inRange + outOfRange == 0) {
            return new GapForecast(Double.POSITIVE_INFINITY, 0, range, "nothing-seen");
        }
        if (outOfRange >= settings.outOfRange() * (inRange + outOfRange)) {
            arima.clippedPoints(next);
            return new GapForecast(
                    next[0], (1 - settings.arimaMargin()) * next[0], (1 + settings.arimaMargin()) * next[0], "arima");
        }
        double expected = (percentile(50) + 0.5) * bin;
        if (variation() < settings.variation()) {
            return new GapForecast(expected, 0, range, "standard");
        }
        double head = percentile(settings.headPercentile()) * bin;
        double tail = (percentile(settings.tailPercentile()) + 1) * bin;
        return new GapForecast(expected, (1 - settings.margin()) * head, (1 + settings.margin()) * tail, "histogram");
    }

    /** The coefficient of variation of the bins' counts. */
    double variation() {
        double n = bins.length;
        double mean = inRange / n;
        double variance = n < 2 ? 0 : (squares - n * mean * mean) / (n - 1);
        return Math.sqrt(variance) / mean;
    }

    /** The first bin with which at least a percentage of the idle times in range are reached. */
    private int percentile(double percent) {
        double wanted = percent / 100 * inRange;
        double reached = 0;
        for (int i = 0; i < bins.length; i++) {
            reached += bins[i];
            if (reached >= wanted && reached > 0) {
                return i;
            }
        }
        return bins.length - 1;
    }

    @Override
    public void exchange(StateExchange state) {
        state.same("predictor", "hybrid-histogram");
        state.numbers("bins", bins);
        inRange = state.number("inRange", inRange);
        outOfRange = state.number("outOfRange", outOfRange);
        squares = state.number("squares", squares);
        state.part("arima", arima);
    }
}
