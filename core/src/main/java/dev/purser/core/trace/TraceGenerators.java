package dev.purser.core.trace;

import dev.purser.core.InputException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.stream.Collectors;

/**
 * Arrival traces that are drawn from a seed as they are read, in constant memory and for any length. Rates are requests
 * per second.
 *
 * <p>Scaling such a trace multiplies its rates and leaves it a process of the same kind; a MAP(2) is scaled by the usual
 * multiplication of both matrices, which shortens its phases too.
 */
public final class TraceGenerators {
    private static final double FASTEST = 1e9;

    /** How the arrivals of a constant rate are spaced. */
    public enum Spacing {
        /** A Poisson process: independent exponential gaps. */
        POISSON,
        /** Equal gaps, the first arrival at 0; the same for every seed. */
        EVEN
    }

    private TraceGenerators() {}

    /** A constant rate with Poisson arrivals. */
    public static ArrivalTrace constant(double rate, Duration duration) {
        return constant(rate, Spacing.POISSON, duration);
    }

    /**
     * A constant rate.
     *
     * @param rate more than zero
     * @param spacing Poisson or even
     * @param duration more than zero
     */
    public static ArrivalTrace constant(double rate, Spacing spacing, Duration duration) {
        String name = "constant:rate=" + text(rate) + (spacing == Spacing.EVEN ? ",spacing=even" : "") + end(duration);
        check(name, "rate", rate, Double.MIN_VALUE, FASTEST);
        return new GeneratedTrace(
                name, duration, spacing == Spacing.EVEN ? new Processes.Even(rate) : new Processes.Poisson(rate));
    }

    /** A day's rise and fall that starts at its mean and climbs, see {@link #diurnal(double, double, Duration, Duration,
     * Duration)}. */
    public static ArrivalTrace diurnal(double mean, double amplitude, Duration period, Duration duration) {
        return diurnal(mean, amplitude, period, Duration.ZERO, duration);
    }

    /**
     * A Poisson process whose rate is {@code mean (1 + amplitude sin(2 pi (t + phase) / period))}.
     *
     * @param mean over a whole period, more than zero
     * @param amplitude share of the mean, 0 to 1
     * @param period a day, usually; more than zero
     * @param phase where in the period the trace starts
     * @param duration more than zero
     */
    public static ArrivalTrace diurnal(
            double mean, double amplitude, Duration period, Duration phase, Duration duration) {
        String name = "diurnal:mean=" + text(mean) + ",amplitude=" + text(amplitude) + ",period=" + text(period)
                + (phase.isZero() ? "" : ",phase=" + text(phase)) + end(duration);
        check(name, "mean", mean, Double.MIN_VALUE, FASTEST);
        check(name, "amplitude", amplitude, 0, 1);
        Durations.positive(name, "period", period);
        notNegative(name, "phase", phase);
        return new GeneratedTrace(
                name,
                duration,
                new Processes.Inhomogeneous(new RateCurve.Sine(mean, amplitude, seconds(period), seconds(phase)), 1));
    }

    /**
     * A Poisson process with a flash crowd, in the three phases of Ari, Hong, Miller, Brandt and Long ("Managing flash
     * crowds on the Internet", MASCOTS 2003), ramp-up, sustained traffic and ramp-down: the rate is {@code base} until
     * {@code start}, climbs in a straight line for {@code ramp} to {@code base * factor}, stays for {@code hold}, and
     * returns to {@code base} exponentially with the time constant {@code decay} (the shape of the two ramps is ours).
     *
     * @param base more than zero
     * @param factor the surge's peak as a multiple of the base, at least 1
     * @param start when the surge begins
     * @param ramp how long it climbs; zero for a jump
     * @param hold how long it stays
     * @param decay after this time 1/e of the surge is left; zero for a fall at once
     * @param duration more than zero
     */
    public static ArrivalTrace flashCrowd(
            double base,
            double factor,
            Duration start,
            Duration ramp,
            Duration hold,
            Duration decay,
            Duration duration) {
        String name = "flash-crowd:base=" + text(base) + ",factor=" + text(factor) + ",start=" + text(start) + ",ramp="
                + text(ramp) + (hold.isZero() ? "" : ",hold=" + text(hold)) + ",decay=" + text(decay) + end(duration);
        check(name, "base", base, Double.MIN_VALUE, FASTEST);
        check(name, "factor", factor, 1, 1e6);
        notNegative(name, "start", start);
        notNegative(name, "ramp", ramp);
        notNegative(name, "hold", hold);
        notNegative(name, "decay", decay);
        return new GeneratedTrace(
                name,
                duration,
                new Processes.Inhomogeneous(
                        new RateCurve.Surge(base, factor, seconds(start), seconds(ramp), seconds(hold), seconds(decay)),
                        1));
    }

    /**
     * A Markov-modulated Poisson process (Fischer and Meier-Hellstern, "The Markov-modulated Poisson process (MMPP)
     * cookbook", Performance Evaluation 18, 1993): Poisson arrivals at the rate of a state that changes after
     * exponential times. From a state each other one follows with the same probability. The first state is drawn from
     * the stationary distribution, so that the mean rate is that of all states weighted by their sojourns.
     *
     * @param rates arrival rate of each state, at least 0 and not all 0; two states or more
     * @param sojourns mean time in each state, more than zero
     * @param duration more than zero
     */
    public static ArrivalTrace mmpp(double[] rates, Duration[] sojourns, Duration duration) {
        String name = "mmpp:rates=" + text(rates) + ",sojourn="
                + Arrays.stream(sojourns).map(TraceGenerators::text).collect(Collectors.joining("/")) + end(duration);
        if (rates.length < 2 || sojourns.length != rates.length) {
            throw new InputException(
                    name,
                    "sojourn",
                    rates.length + " rates and " + sojourns.length + " sojourns",
                    "give two states or more, each with a rate and a sojourn, such as rates=40/255,sojourn=60s/20s");
        }
        double[] times = new double[rates.length];
        for (int i = 0; i < rates.length; i++) {
            check(name, "rates", rates[i], 0, FASTEST);
            times[i] = Durations.seconds(Durations.positive(name, "sojourn", sojourns[i]));
        }
        someArrive(name, "rates", rates);
        return new GeneratedTrace(name, duration, new Processes.Modulated(rates.clone(), times));
    }

    /**
     * A Markovian arrival process of two phases, MAP(2) (Neuts, "A versatile Markovian point process", Journal of Applied
     * Probability 16, 1979; in this notation Lucantoni, Meier-Hellstern and Neuts, 1990): {@code D0} holds the rates of
     * the phase changes without an arrival, {@code D1} those with one. The first phase is drawn from the stationary
     * distribution of {@code D0 + D1}.
     *
     * @param d0 row by row; the diagonal negative, the rest at least 0
     * @param d1 row by row; at least 0 and not all 0. Each row of {@code d0 + d1} sums to 0, up to a hundred-thousandth
     *     of its diagonal
     * @param duration more than zero
     */
    public static ArrivalTrace map2(double[] d0, double[] d1, Duration duration) {
        String name = "map2:d0=" + text(d0) + ",d1=" + text(d1) + end(duration);
        String shape = "a matrix is written row by row, a/b/c/d; d0 is negative on its diagonal only, d1 nowhere,"
                + " and each row of both together sums to 0, such as d0=-10/1/2/-5,d1=9/0/0/3";
        if (d0.length != 4 || d1.length != 4) {
            throw new InputException(name, "d0, d1", d0.length + " and " + d1.length + " numbers, not 4 each", shape);
        }
        for (int i = 0; i < 4; i++) {
            boolean diagonal = i == 0 || i == 3;
            if (!(diagonal ? d0[i] < 0 && d0[i] >= -FASTEST : d0[i] >= 0)) {
                throw new InputException(name, "d0", element(i) + " is " + text(d0[i]), shape);
            }
            if (!(d1[i] >= 0)) {
                throw new InputException(name, "d1", element(i) + " is " + text(d1[i]), shape);
            }
        }
        for (int row = 0; row < 4; row += 2) {
            double sum = d0[row] + d0[row + 1] + d1[row] + d1[row + 1];
            if (!(Math.abs(sum) <= 1e-5 * Math.max(-d0[0], -d0[3]))) {
                throw new InputException(
                        name, "d0, d1", "row " + (row / 2 + 1) + " of d0 + d1 sums to " + text(sum), shape);
            }
        }
        someArrive(name, "d1", d1);
        if (d0[1] + d1[1] == 0 || d0[2] + d1[2] == 0) {
            throw new InputException(
                    name, "d0, d1", "a phase is never left, so there are not two phases", "use constant or mmpp");
        }
        return new GeneratedTrace(name, duration, new Processes.Map2(d0.clone(), d1.clone()));
    }

    /** The kinds of generator that {@link #parse} knows. */
    public static Collection<String> kinds() {
        return GeneratorExpression.kinds();
    }

    /**
     * Reads a generator as it is written on a command line or in JSON: {@code kind:key=value,...}. Durations have a unit
     * ({@code 90s}, {@code 1h30m}, {@code 250ms}), lists are separated by slashes.
     *
     * <pre>
     * constant:rate=100,duration=1h               spacing=poisson|even
     * diurnal:mean=100,amplitude=0.3,duration=24h period=24h, phase=0s
     * flash-crowd:base=50,factor=10,start=20m,ramp=30s,decay=5m,duration=1h   hold=0s
     * mmpp:rates=40/255,sojourn=60s/20s,duration=1h
     * map2:d0=-10/1/2/-5,d1=9/0/0/3,duration=1h
     * </pre>
     *
     * Keys that may be left out stand to the right, with what they then are. {@link ArrivalTrace#name} of a generated
     * trace is its expression.
     *
     * @throws InputException that names every key that is missing, unknown or wrong
     */
    public static ArrivalTrace parse(String expression) {
        return GeneratorExpression.parse(expression);
    }

    /** Whether a text begins with a kind of generator and a colon. */
    static boolean isExpression(String text) {
        int colon = text.indexOf(':');
        return colon > 0 && kinds().contains(text.substring(0, colon));
    }

    private static String element(int i) {
        return "the element in row " + (i / 2 + 1) + ", column " + (i % 2 + 1);
    }

    private static void check(String name, String key, double value, double least, double most) {
        if (!(value >= least && value <= most)) {
            throw new InputException(
                    name,
                    key,
                    text(value) + ", but it must be "
                            + (least == Double.MIN_VALUE ? "more than 0" : "at least " + text(least)) + " and at most "
                            + text(most),
                    "");
        }
    }

    private static void someArrive(String name, String key, double[] rates) {
        if (Arrays.stream(rates).allMatch(r -> r == 0)) {
            throw new InputException(name, key, "nothing ever arrives", "give at least one rate that is more than 0");
        }
    }

    private static void notNegative(String name, String key, Duration duration) {
        if (!duration.isZero()) {
            Durations.positive(name, key, duration);
        }
    }

    private static double seconds(Duration duration) {
        return Durations.seconds(duration.toNanos());
    }

    private static String end(Duration duration) {
        return ",duration=" + text(duration);
    }

    private static String text(Duration duration) {
        return duration.isNegative() || duration.compareTo(Duration.ofNanos(Durations.LONGEST)) > 0
                ? duration.toString()
                : Durations.text(duration.toNanos());
    }

    private static String text(double[] values) {
        return Arrays.stream(values).mapToObj(TraceGenerators::text).collect(Collectors.joining("/"));
    }

    private static String text(double value) {
        String text = Double.toString(value);
        return text.endsWith(".0") ? text.substring(0, text.length() - 2) : text;
    }
}
