package dev.purser.predictors;

import dev.purser.core.policy.LoadPredictor;
import dev.purser.core.policy.StateExchange;
import dev.purser.core.policy.Stateful;
import dev.purser.core.policy.Trainable;
import dev.purser.spi.PolicyContext;
import dev.purser.spi.PolicySpec;
import dev.purser.spi.Setting;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Several predictors, weighed by how wrong they were lately: for each step ahead apart a convex combination whose recent
 * squared error would have been least. Not published; beyond the papers.
 *
 * <p>The weights minimise {@code w' C w} over the simplex, where C holds the discounted products of the members' errors at
 * that step (the minimum-variance combination of Bates and Granger, Operational Research Quarterly 20, 1969, without its
 * negative weights). C tells members that err together from members that err apart, which their losses alone do not: the mean
 * of two that err apart beats either. Some steps of exponentiated gradient (Kivinen and Warmuth, Information and Computation
 * 132, 1997) after each count keep the weights at the minimum, at O(members²) a step.
 *
 * <p>A count that all members miss by more than {@value #ROBUST} times their usual error counts as if they had missed it by
 * that much, so that one spike does not decide about the weights for the next thousand windows.
 */
public final class Ensemble extends PointPredictor implements Trainable {
    /** Gradient steps after each count, and their size. */
    private static final int GRADIENT_STEPS = 3;

    private static final double RATE = 0.3;
    /** No weight falls below this, so that none is lost for ever. */
    private static final double LEAST_WEIGHT = 1e-6;

    private static final double ROBUST = 5;

    private final List<LoadPredictor> members;
    private final double keep;
    private final List<Step> steps = new ArrayList<>();
    /** What each member says, one array of steps each. */
    private double[][] said = {};

    private boolean fresh;

    /**
     * Settings.
     *
     * @param members the predictors to combine, 1 to 64
     * @param memory after how many windows an error counts 1/e of a new one, at least 1
     */
    public record Settings(
            @Setting(
                    value = "the load predictors to combine, each a name or an object with 'policy' and its settings",
                    byDefault = """
                            ["last-value",
                             {"policy": "moving-average", "window": 10}, {"policy": "moving-average", "window": 60},
                             {"policy": "ewma", "alpha": 0.3}, {"policy": "ewma", "alpha": 0.05},
                             {"policy": "linear-regression", "window": 20}, {"policy": "linear-regression", "window": 60},
                             "holt-winters", "seasonal-naive", "arima", {"policy": "arima", "differences": 0},
                             {"policy": "fourier", "window": 1440}]""")
            List<PolicySpec> members,

            @Setting(
                    value = "windows after which an error counts 1/e of a new one",
                    byDefault = "1000",
                    min = 1,
                    max = 1e9)
            double memory) {
        /** @throws IllegalArgumentException if a setting is out of range */
        public Settings {
            members = List.copyOf(members);
            if (members.isEmpty() || members.size() > 64) {
                throw new IllegalArgumentException(
                        members.size() + " members, but there must be between 1 and 64 predictors");
            }
            if (!(memory >= 1 && memory <= 1e9)) {
                throw new IllegalArgumentException("memory " + memory + ", but it must be at least 1 window");
            }
        }
    }

    /**
     * @param settings what to combine
     * @param context makes the members
     */
    public Ensemble(Settings settings, PolicyContext context) {
        super("ensemble");
        members = settings.members().stream().map(context::loadPredictor).toList();
        keep = Math.exp(-1 / settings.memory());
    }

    /** The weight of each member at a step, in their order. */
    double[] weights(int step) {
        return steps.get(step - 1).weights.clone();
    }

    @Override
    void take(double count) {
        for (Step step : steps) {
            step.came(count);
        }
        for (LoadPredictor member : members) {
            if (member instanceof PointPredictor own) {
                own.take(count); // without the errors of each, which cost more than all the rest
            } else {
                member.observe(count);
            }
        }
        fresh = false;
        if (!steps.isEmpty()) {
            ask(steps.size());
            for (Step step : steps) {
                step.expect(said);
            }
        }
    }

    private void ask(int ahead) {
        if (fresh && said[0].length >= ahead) {
            return;
        }
        double[][] asked = new double[members.size()][ahead];
        for (int m = 0; m < asked.length; m++) {
            if (members.get(m) instanceof PointPredictor own) {
                own.clippedPoints(asked[m]);
            } else {
                var forecast = members.get(m).forecast(ahead);
                for (int i = 0; i < ahead; i++) {
                    asked[m][i] = Math.min(forecast.mean(i + 1), MOST);
                }
            }
        }
        said = asked;
        fresh = true;
    }

    @Override
    void points(double[] into) {
        ask(into.length);
        while (steps.size() < Math.min(into.length, ForecastErrors.MOST_STEPS)) {
            Step step = new Step(steps.size() + 1, members.size(), keep);
            step.expect(said);
            steps.add(step);
        }
        for (int i = 0; i < into.length; i++) {
            double[] weights = steps.get(Math.min(i, steps.size() - 1)).weights;
            double sum = 0;
            for (int m = 0; m < weights.length; m++) {
                sum += weights[m] * said[m][i];
            }
            into[i] = sum;
        }
    }

    @Override
    public Optional<String> obstacle() {
        return members.stream()
                .filter(Trainable.class::isInstance)
                .flatMap(member -> ((Trainable) member).obstacle().stream())
                .findFirst();
    }

    /** Trains the members that can be trained. */
    @Override
    public void train(double[] counts) {
        for (LoadPredictor member : members) {
            if (member instanceof Trainable trainable) {
                trainable.train(counts);
            }
        }
    }

    /** Nothing of its own: what its members learned is theirs. */
    @Override
    public Optional<Stateful> learned() {
        return Optional.empty();
    }

    @Override
    void exchangeOwn(StateExchange state) {
        for (int m = 0; m < members.size(); m++) {
            state.part("member" + m, members.get(m));
        }
        int followed = state.whole("steps", steps.size(), 0, ForecastErrors.MOST_STEPS);
        if (state.restoring()) {
            steps.clear();
            for (int i = 0; i < followed; i++) {
                steps.add(new Step(i + 1, members.size(), keep));
            }
            fresh = false;
        }
        for (Step step : steps) {
            state.part("step" + step.ahead, step);
        }
    }

    /** The members' errors at one step ahead, and their weights. */
    private static final class Step implements Stateful {
        private final int ahead;
        private final double keep;
        /** What each member said, in a ring that meets its count when it comes round. */
        private final double[] pending;

        private int place;

        /** Discounted means of products of errors. */
        private final double[] products;

        private double usual;
        private double seen;
        private final double[] weights;
        private final double[] errors;
        private final double[] gradient;

        Step(int ahead, int members, double keep) {
            this.ahead = ahead;
            this.keep = keep;
            pending = new double[ahead * members];
            Arrays.fill(pending, Double.NaN);
            products = new double[members * members];
            weights = new double[members];
            Arrays.fill(weights, 1.0 / members);
            errors = new double[members];
            gradient = new double[members];
        }

        void expect(double[][] said) {
            int members = weights.length;
            for (int m = 0; m < members; m++) {
                pending[place * members + m] = said[m][ahead - 1];
            }
            place = place + 1 == ahead ? 0 : place + 1;
        }

        void came(double count) {
            int members = weights.length;
            double least = Double.POSITIVE_INFINITY;
            double greatest = 0;
            for (int m = 0; m < members; m++) {
                errors[m] = count - pending[place * members + m];
                least = Math.min(least, Math.abs(errors[m]));
                greatest = Math.max(greatest, Math.abs(errors[m]));
            }
            if (!(greatest >= 0) || Double.isNaN(errors[0])) {
                return; // nothing was said of this window
            }
            double cap = ROBUST * usual;
            double scale = seen > ForecastErrors.FEWEST && cap > 0 && least > cap ? cap / least : 1;
            seen = keep * seen + 1;
            usual += (least * scale - usual) / seen;
            double share = 1 / seen;
            for (int i = 0; i < members; i++) {
                double error = errors[i] * scale;
                int row = i * members;
                for (int j = 0; j <= i; j++) {
                    double product = products[row + j];
                    products[row + j] = product + share * (error * (errors[j] * scale) - product);
                }
            }
            for (int step = 0; step < GRADIENT_STEPS; step++) {
                descend();
            }
        }

        private void descend() {
            int members = weights.length;
            Arrays.fill(gradient, 0);
            for (int i = 0; i < members; i++) {
                int row = i * members;
                for (int j = 0; j < i; j++) {
                    gradient[i] += products[row + j] * weights[j];
                    gradient[j] += products[row + j] * weights[i];
                }
                gradient[i] += products[row + i] * weights[i];
            }
            double variance = 0;
            for (int i = 0; i < members; i++) {
                variance += weights[i] * gradient[i];
            }
            if (!(variance > 0)) {
                return; // no error to lessen
            }
            double sum = 0;
            for (int i = 0; i < members; i++) {
                double slope = Math.clamp(RATE * (gradient[i] / variance - 1), -1, 1);
                weights[i] = Math.max(LEAST_WEIGHT, weights[i] * Math.exp(-slope));
                sum += weights[i];
            }
            for (int i = 0; i < members; i++) {
                weights[i] /= sum;
            }
        }

        @Override
        public void exchange(StateExchange state) {
            state.numbers("pending", pending);
            place = state.whole("place", place, 0, ahead - 1);
            state.numbers("products", products);
            usual = state.number("usual", usual);
            seen = state.number("seen", seen);
            state.numbers("weights", weights);
        }
    }
}
