package dev.purser.partitioner.cost;

import dev.purser.core.partition.Part;
import dev.purser.core.partition.SeparableCosts;
import dev.purser.core.pricing.PriceBook;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;

/**
 * Time by a {@link Calibration}, money by a price book: the completion time and cost that AMPS-Inf's slides name the terms
 * of, written out. What a function is billed for is the whole time of the part, its start included.
 *
 * <p>The order of the arithmetic is that of the reference plans, so that results are the same to the bit.
 */
public final class CalibratedCosts implements SeparableCosts {
    private static final double MIB = 1_048_576.0;
    /** A result that misses a whole millisecond by less is one that rounding put there. */
    private static final double SLACK_MILLIS = 1e-6;

    /** How long an intermediate result stays in the store, as the reference plans suppose. */
    private static final int KEPT_SECONDS = 3600;

    private final Calibration calibration;
    private final double[] secondsBefore;
    private final long unitsPerMbMilli;
    private final long invocationUnits;
    private final long putUnits;
    private final long getUnits;
    private final long unitsPerByte;
    private final int roundingMillis;

    /**
     * Costs from the multiply-accumulate operations of layers.
     *
     * @param calibration how long parts take
     * @param prices what functions and the object store cost; prices are rounded up to whole units
     * @throws ArithmeticException if a price is beyond the range of units
     */
    public CalibratedCosts(Calibration calibration, PriceBook prices) {
        this(calibration, prices, prices.function().roundingMillis(), new double[0]);
    }

    private CalibratedCosts(Calibration calibration, PriceBook prices, int roundingMillis, double[] secondsBefore) {
        this.calibration = calibration;
        this.secondsBefore = secondsBefore;
        this.roundingMillis = roundingMillis;
        BigDecimal perUsd = BigDecimal.valueOf(1024).movePointRight(13);
        BigDecimal thousand = BigDecimal.valueOf(1000);
        unitsPerMbMilli = units(prices.function().usdPerGbSecond().movePointRight(10));
        invocationUnits = units(prices.function().usdPerRequest().multiply(perUsd));
        putUnits = units(prices.storage().usdPerThousandPuts().multiply(perUsd).divide(thousand));
        getUnits = units(prices.storage().usdPerThousandGets().multiply(perUsd).divide(thousand));
        BigDecimal byteMonths = BigDecimal.valueOf(1L << 30)
                .multiply(BigDecimal.valueOf(prices.storage().hoursPerMonth()))
                .multiply(BigDecimal.valueOf(3600));
        unitsPerByte = units(prices.storage()
                .usdPerGbMonth()
                .multiply(perUsd)
                .multiply(BigDecimal.valueOf(KEPT_SECONDS))
                .divide(byteMonths, MathContext.DECIMAL128));
    }

    /** The same with durations rounded up to another step than the price book's, in milliseconds. */
    public CalibratedCosts withRounding(PriceBook prices, int millis) {
        if (millis < 1) {
            throw new IllegalArgumentException("durations cannot be rounded up to multiples of " + millis + " ms");
        }
        return new CalibratedCosts(calibration, prices, millis, secondsBefore);
    }

    /**
     * The same with measured times of the layers in place of their operations.
     *
     * @param prices the price book
     * @param layerSeconds for each layer of the graph its time for one item, in seconds at a speed of 1
     */
    public CalibratedCosts withMeasured(PriceBook prices, double[] layerSeconds) {
        double[] before = new double[layerSeconds.length + 1];
        for (int i = 0; i < layerSeconds.length; i++) {
            if (!(layerSeconds[i] >= 0 && layerSeconds[i] < 1e9)) {
                throw new IllegalArgumentException("layer " + i + " takes " + layerSeconds[i] + " s");
            }
            before[i + 1] = before[i] + layerSeconds[i];
        }
        return new CalibratedCosts(calibration, prices, roundingMillis, before);
    }

    private static long units(BigDecimal value) {
        return value.setScale(0, RoundingMode.CEILING).longValueExact();
    }

    @Override
    public long millis(Part part, int memoryMb) {
        SpeedCurve computeSpeed = calibration.computeSpeed();
        double speed = calibration.speed().speed(memoryMb);
        double seconds = computeSpeed == null
                ? (startSeconds(part) + computeSeconds(part)) / speed
                : startSeconds(part) / speed + computeSeconds(part) / computeSpeed.speed(memoryMb);
        if (!part.first()) {
            seconds += storeSeconds(part.inBytes());
        }
        if (!part.last()) {
            seconds += storeSeconds(part.outBytes());
        }
        return (long) Math.ceil(seconds * 1000.0 - SLACK_MILLIS);
    }

    private double startSeconds(Part part) {
        return calibration.startSeconds() + calibration.loadSecondsPerMib() * (part.paramBytes() / MIB);
    }

    private double computeSeconds(Part part) {
        return secondsBefore.length == 0
                ? calibration.computeSecondsPerGmac() * (part.macs() / 1e9)
                : Math.max(0, secondsBefore[part.to() + 1] - secondsBefore[part.from()]) * part.batch();
    }

    private double storeSeconds(long bytes) {
        return calibration.storeLatencySeconds() + bytes / MIB / calibration.storeMibPerSecond();
    }

    @Override
    public long units(Part part, int memoryMb, long millis) {
        long billed = Math.ceilDiv(millis, roundingMillis) * roundingMillis;
        return Math.addExact(
                Math.multiplyExact(Math.multiplyExact(billed, memoryMb), unitsPerMbMilli), fixedUnits(part));
    }

    @Override
    public long fixedUnits(Part part) {
        long units = invocationUnits;
        if (!part.first()) {
            units = Math.addExact(units, getUnits);
        }
        if (!part.last()) {
            units = Math.addExact(units, Math.addExact(putUnits, Math.multiplyExact(part.outBytes(), unitsPerByte)));
        }
        return units;
    }

    @Override
    public double fixedMillis(Part part) {
        return 1000
                * ((part.first() ? 0 : storeSeconds(part.inBytes()))
                        + (part.last() ? 0 : storeSeconds(part.outBytes())));
    }

    @Override
    public double serialMillis(Part part) {
        return 1000 * (startSeconds(part) + (calibration.computeSpeed() == null ? computeSeconds(part) : 0));
    }

    @Override
    public double parallelMillis(Part part) {
        return 1000 * (calibration.computeSpeed() == null ? 0 : computeSeconds(part));
    }

    @Override
    public double serialPace(int memoryMb) {
        return 1 / calibration.speed().speed(memoryMb);
    }

    @Override
    public double parallelPace(int memoryMb) {
        SpeedCurve speed = calibration.computeSpeed();
        return 1 / (speed == null ? calibration.speed() : speed).speed(memoryMb);
    }

    @Override
    public long unitsPerMbMilli() {
        return unitsPerMbMilli;
    }
}
