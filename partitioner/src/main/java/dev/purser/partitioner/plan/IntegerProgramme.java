package dev.purser.partitioner.plan;

import static dev.purser.core.partition.PartitionRequest.UNBOUNDED;

import dev.purser.core.partition.Objective;
import dev.purser.core.partition.PartitionPlan;
import dev.purser.core.partition.PartitionRequest;
import dev.purser.core.partition.Partitioning;
import dev.purser.core.partition.PlannedPart;
import dev.purser.core.policy.Partitioner;
import dev.purser.core.policy.Reason;
import dev.purser.spi.Setting;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.ojalgo.optimisation.Expression;
import org.ojalgo.optimisation.ExpressionsBasedModel;
import org.ojalgo.optimisation.Optimisation;
import org.ojalgo.optimisation.Variable;
import org.ojalgo.optimisation.integer.IntegerStrategy;
import org.ojalgo.type.context.NumberContext;

/**
 * AMPS-Inf's problem (ICPP'21) as an integer programme for a solver, as the paper solves it: a check of
 * {@link ExactPartitioner}, and its peer in benchmarks.
 *
 * <p>The slides' products of layer counts and memory choices are stated in the form that is exact for layers of different
 * size: a binary variable for each part and memory setting, one unit of flow from the start to the end, the sum of times
 * within the SLO. Settings that another one of the part undercuts in time and money are left out. The solver calculates in
 * floating point and stops at a relative gap of 10^-9; of plans that it cannot tell apart it returns any.
 */
public final class IntegerProgramme implements Partitioner {

    /**
     * The settings.
     *
     * @param seconds how long the solver may take for one programme
     */
    public record Settings(
            @Setting(
                    value = "seconds that the solver may take for one programme",
                    byDefault = "60",
                    min = 1,
                    max = 86400)
            int seconds) {}

    /** The most variables of a programme that is handed to the solver. */
    static final int MAXIMUM_VARIABLES = 2_000_000;

    private final int seconds;

    /** A programme with its settings. */
    public IntegerProgramme(Settings settings) {
        seconds = settings.seconds();
    }

    @Override
    public Partitioning partition(PartitionRequest request) {
        Problem problem = new Problem(request);
        Segments segments = Segments.of(problem);
        if (segments.f.length > MAXIMUM_VARIABLES) {
            throw new UnsupportedOperationException("the programme for " + problem.graph.name() + " has "
                    + segments.f.length + " variables, more than the " + MAXIMUM_VARIABLES + " that are tried"
                    + "\nMaybe: a coarser memory step, or single-tensor cuts only");
        }
        int fewest = request.minimumParts();
        int most = problem.maximumParts();
        PartitionPlan best = null;
        boolean proven = true;
        // the cap on layers depends on the number of parts, so that each number is a programme of its own
        for (int k = request.evenLayers() ? fewest : most; k <= most; k++) {
            Optimisation.Result result = solve(problem, segments, request.evenLayers() ? k : fewest, k);
            if (result.getState().isFeasible()) {
                PartitionPlan plan = plan(problem, segments, result);
                best = best == null || Chosen.measure(request, plan) < Chosen.measure(request, best) ? plan : best;
            }
            proven &= result.getState().isOptimal() || result.getState() == Optimisation.State.INFEASIBLE;
        }
        if (best == null) {
            if (!proven) {
                throw new UnsupportedOperationException(
                        "the solver found no plan for " + problem.graph.name() + " in " + seconds
                                + " s, and did not prove that there is none\nMaybe: more seconds, or another partitioner");
            }
            return Obstacles.of(problem);
        }
        return Chosen.plan(
                best,
                proven
                        ? Reason.of("optimal", "the solver proved that no plan is better by a billionth")
                        : Reason.of(
                                "time-limit",
                                "the solver was stopped after {limit} s and did not prove that no plan is better",
                                Double.NaN,
                                seconds));
    }

    private Optimisation.Result solve(Problem problem, Segments segments, int fewest, int most) {
        PartitionRequest request = problem.request;
        boolean cost = request.objective() == Objective.COST;
        ExpressionsBasedModel model = new ExpressionsBasedModel();
        model.options.time_abort = 1000L * seconds;
        model.options.time_suffice = 1000L * seconds;
        model.options.integer(IntegerStrategy.DEFAULT.withGapTolerance(NumberContext.of(10, 12)));
        double scale = 1.0 / Math.max(1, greatest(segments.f));
        double limitScale = 1.0 / Math.max(1, greatest(segments.g));
        Variable[] chosen = new Variable[segments.f.length];
        Expression[] flow = new Expression[problem.end() + 1];
        for (int p = 0; p <= problem.end(); p++) {
            flow[p] = model.newExpression("flow" + p).level(p == 0 ? 1 : p == problem.end() ? -1 : 0);
        }
        Expression parts = model.newExpression("parts").lower(fewest).upper(most);
        long gMost = cost ? request.sloMillis() : request.budgetUnits();
        long fMost = cost ? request.budgetUnits() : request.sloMillis();
        Expression other =
                gMost == UNBOUNDED ? null : model.newExpression("other").upper((gMost + 0.5) * limitScale);
        Expression own = fMost == UNBOUNDED ? null : model.newExpression("own").upper((fMost + 0.5) * scale);
        for (int p = 0; p < problem.end(); p++) {
            for (int s = segments.from[p]; s < segments.from[p + 1]; s++) {
                boolean allowed = problem.layers(p, segments.end[s]) <= problem.mostLayers(most);
                for (int o = segments.options[s]; o < segments.options[s + 1]; o++) {
                    Variable variable = model.newVariable("x" + o).binary().weight(segments.f[o] * scale);
                    chosen[o] = variable;
                    if (!allowed) {
                        variable.level(0);
                    }
                    flow[p].set(variable, 1);
                    flow[segments.end[s]].set(variable, -1);
                    parts.set(variable, 1);
                    set(other, variable, segments.g[o] * limitScale);
                    set(own, variable, segments.f[o] * scale);
                }
            }
        }
        return model.minimise();
    }

    private static void set(@Nullable Expression expression, Variable variable, double value) {
        if (expression != null) {
            expression.set(variable, value);
        }
    }

    private static double greatest(long[] values) {
        double greatest = 0;
        for (long value : values) {
            greatest = Math.max(greatest, (double) value);
        }
        return greatest;
    }

    private static PartitionPlan plan(Problem problem, Segments segments, Optimisation.Result result) {
        int[] stops = new int[problem.end()];
        int[] memories = new int[problem.end()];
        int k = 0;
        int p = 0;
        while (p < problem.end()) {
            int next = -1;
            for (int s = segments.from[p]; s < segments.from[p + 1]; s++) {
                for (int o = segments.options[s]; o < segments.options[s + 1]; o++) {
                    if (result.doubleValue(o) > 0.5) {
                        next = segments.end[s];
                        stops[k] = next;
                        memories[k] = segments.memory[o];
                    }
                }
            }
            if (next < 0) {
                throw new IllegalStateException("the solver's flow stops after layer " + problem.positions[p]);
            }
            k++;
            p = next;
        }
        return problem.plan(java.util.Arrays.copyOf(stops, k), java.util.Arrays.copyOf(memories, k));
    }

    /** What plans of other partitioners than the exact one share. */
    static final class Chosen {
        private Chosen() {}

        /** What the request minimises. */
        static long measure(PartitionRequest request, PartitionPlan plan) {
            return request.objective() == Objective.COST ? plan.units() : plan.millis();
        }

        /** The plan with one reason for all parts. */
        static PartitionPlan plan(PartitionPlan plan, Reason reason) {
            return new PartitionPlan(plan.parts().stream()
                    .map(part -> new PlannedPart(
                            part.part(), part.memoryMb(), part.millis(), part.units(), part.split(), List.of(reason)))
                    .toList());
        }
    }
}
