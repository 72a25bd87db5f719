package dev.purser.research.provisioner;

import dev.purser.core.policy.Forecast;
import dev.purser.core.policy.LoadPredictor;
import java.util.Arrays;

/**
 * The load of one variant for MArk's plan: the greatest count of a sampling window, scaled to the period, is the load of the
 * period; the load to come is forecast from those of the periods past, times a safety factor ({@code scheduler.py} of the
 * authors' release).
 *
 * <p>The release does nothing in its first periods, in which the predictor has too little to go by. Here the load of these
 * periods is taken for what is to come, and not less than the operator's estimate, from which the first plan is made.
 */
final class PeriodForecast {
    /** Loads beyond this are cut off, so that sums of them stay finite. */
    private static final double MOST = 1e15;

    private final Mark.Estimator estimator;
    private final LoadPredictor predictor;
    private final double safety;
    private final int warmUp;
    private final double[] steps;
    private double estimate;
    private double busiest;
    private double greatest;
    private boolean seen;
    private int periods;

    PeriodForecast(Mark.Estimator estimator, LoadPredictor predictor, double safety, int warmUp, int steps) {
        this.estimator = estimator;
        this.predictor = predictor;
        this.safety = safety;
        this.warmUp = warmUp;
        this.steps = new double[steps];
    }

    /** The operator's estimate of a period's load. */
    void start(double load) {
        estimate = load;
        Arrays.fill(steps, safe(load));
    }

    /** The count of a sampling window that has ended. */
    void window(double count) {
        busiest = Math.max(busiest, count);
    }

    /**
     * A period has ended.
     *
     * @param windows how many sampling windows it had
     */
    void endPeriod(double windows) {
        double load = busiest * windows;
        busiest = 0;
        greatest = Math.max(greatest, load);
        seen |= load > 0;
        periods++;
        if (seen && estimator == Mark.Estimator.PREDICTOR) {
            // what never came says nothing about what is to come
            predictor.observe(load);
        }
        if (periods <= warmUp) {
            Arrays.fill(steps, safe(Math.max(estimate, load)));
            return;
        }
        switch (estimator) {
            case PERSISTENCE -> Arrays.fill(steps, safe(load));
            case STICKY_MAX -> Arrays.fill(steps, safe(greatest));
            case PREDICTOR -> {
                if (seen) {
                    Forecast forecast = predictor.forecast(steps.length);
                    Arrays.setAll(steps, k -> safe(forecast.mean(k + 1)));
                } else {
                    Arrays.fill(steps, 0);
                }
            }
        }
    }

    private double safe(double load) {
        double value = safety * load;
        return value > 0 ? Math.min(value, MOST) : 0;
    }

    /** Requests in each period to come, the safety factor included; not to be changed. */
    double[] steps() {
        return steps;
    }
}
