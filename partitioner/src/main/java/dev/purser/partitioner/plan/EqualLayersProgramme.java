package dev.purser.partitioner.plan;

import static dev.purser.core.partition.PartitionRequest.UNBOUNDED;

import dev.purser.core.partition.FunctionLimits;
import dev.purser.core.partition.Layer;
import dev.purser.core.partition.Objective;
import dev.purser.core.partition.Part;
import dev.purser.core.partition.PartitionPlan;
import dev.purser.core.partition.PartitionRequest;
import dev.purser.core.partition.Partitioning;
import dev.purser.core.partition.SeparableCosts;
import dev.purser.core.policy.Partitioner;
import dev.purser.core.policy.Reason;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.ojalgo.optimisation.Expression;
import org.ojalgo.optimisation.ExpressionsBasedModel;
import org.ojalgo.optimisation.Optimisation;
import org.ojalgo.optimisation.Variable;

/**
 * The programme on AMPS-Inf's slide (ICPP'21) as it stands there: {@code y_i} layers in function i, {@code x_ji} its choice
 * of memory block j, and their products {@code w_ji = y_i x_ji}, by which the quadratic objective becomes linear ({@code w <=
 * Y x}, {@code w <= y}, {@code w >= y - Y (1 - x)}). It holds for models whose layers are all equal, which it checks.
 *
 * <p>Departures: the slide leaves out that one block is chosen, that the layers add up, and that the times keep the SLO;
 * these are stated here. Each number of functions is a programme of its own. Times are not rounded to milliseconds in the
 * programme, so that a plan can miss the optimum by what rounding brings.
 */
public final class EqualLayersProgramme implements Partitioner {
    private static final double MIB = 1_048_576.0;

    private final int seconds;

    /** A programme with its settings. */
    public EqualLayersProgramme(IntegerProgramme.Settings settings) {
        seconds = settings.seconds();
    }

    @Override
    public Partitioning partition(PartitionRequest request) {
        Problem problem = new Problem(request);
        if (!(request.costs() instanceof SeparableCosts costs)) {
            throw new UnsupportedOperationException(
                    "the slide's programme needs costs that are linear in the layers, and these do not say so");
        }
        checkEqual(problem);
        PartitionPlan best = null;
        boolean proven = true;
        for (int k = request.minimumParts(); k <= problem.maximumParts(); k++) {
            int[] stops = new int[k];
            int[] memories = new int[k];
            Optimisation.State state = solve(problem, costs, k, stops, memories, 0);
            if (state.isFeasible() && problem.plan(stops, memories).millis() > request.sloMillis()) {
                // only by rounding, which takes less than a millisecond a part
                state = solve(problem, costs, k, stops, memories, k);
            }
            if (state.isFeasible()) {
                PartitionPlan plan = problem.plan(stops, memories);
                if (plan.millis() <= request.sloMillis()
                        && plan.units() <= request.budgetUnits()
                        && (best == null
                                || IntegerProgramme.Chosen.measure(request, plan)
                                        < IntegerProgramme.Chosen.measure(request, best))) {
                    best = plan;
                }
            }
            proven &= state.isOptimal() || state == Optimisation.State.INFEASIBLE;
        }
        if (best == null) {
            if (!proven || ExactPartitioner.best(request) != null) {
                throw new UnsupportedOperationException("the solver found no plan for " + problem.graph.name()
                        + ", although that proves nothing\nMaybe: more seconds, or another partitioner");
            }
            return Obstacles.of(problem);
        }
        return IntegerProgramme.Chosen.plan(
                best,
                proven
                        ? Reason.of("optimal", "the solver proved that no plan is better, but for rounding")
                        : Reason.of(
                                "time-limit",
                                "the solver was stopped after {limit} s and did not prove that no plan is better",
                                Double.NaN,
                                seconds));
    }

    private static void checkEqual(Problem problem) {
        List<Layer> layers = problem.graph.layers();
        Layer first = layers.get(1);
        for (int i = 1; i < layers.size(); i++) {
            Layer layer = layers.get(i);
            if (layer.paramBytes() != first.paramBytes()
                    || layer.macs() != first.macs()
                    || (i < layers.size() - 1 && layer.outBytes() != first.outBytes())
                    || !layer.inputs().equals(List.of(i - 1))) {
                throw new UnsupportedOperationException(
                        "the slide's programme is for chains of equal layers, but layer " + i + " (" + layer.name()
                                + ") differs from layer 1\nMaybe: integer-programme");
            }
        }
        if (problem.end() != layers.size() - 1) {
            throw new UnsupportedOperationException("the slide's programme needs a cut after every layer");
        }
    }

    private Optimisation.State solve(
            Problem problem, SeparableCosts costs, int k, int[] stops, int[] memories, long spare) {
        PartitionRequest request = problem.request;
        boolean cost = request.objective() == Objective.COST;
        int all = problem.end();
        FunctionLimits limits = request.limits();
        int mostLayers = Math.min(problem.mostLayers(k), all - k + 1);
        double layerMib = problem.graph.layers().get(1).paramBytes() / MIB;
        double scale = 1e-12;
        ExpressionsBasedModel model = new ExpressionsBasedModel();
        model.options.time_abort = 1000L * seconds;
        model.options.time_suffice = 1000L * seconds;
        Expression total = model.newExpression("layers").level(all);
        Expression time = model.newExpression("time");
        Expression money = model.newExpression("money");
        Variable[] y = new Variable[k];
        Variable[][] x = new Variable[k][problem.memories.length];
        double fixedMoney = 0;
        for (int i = 0; i < k; i++) {
            Part one = part(problem, i, k, 1);
            Part two = part(problem, i, k, 2);
            fixedMoney += costs.fixedUnits(one);
            y[i] = model.newVariable("y" + i).integer().lower(1).upper(mostLayers);
            total.set(y[i], 1);
            double room = limits.packageMib() - limits.dependenciesMib() - limits.codeMib();
            model.newExpression("package" + i).upper(room).set(y[i], layerMib);
            model.newExpression("temporary" + i)
                    .upper(limits.temporaryMib() - one.inBytes() / MIB)
                    .set(y[i], layerMib);
            Expression block = model.newExpression("block" + i).level(1);
            Expression holds = model.newExpression("memory" + i)
                    .lower(limits.dependenciesMib() + limits.codeMib())
                    .set(y[i], -layerMib);
            Expression product = model.newExpression("product" + i).level(0).set(y[i], -1);
            double serialLayer = costs.serialMillis(two) - costs.serialMillis(one);
            double parallelLayer = costs.parallelMillis(two) - costs.parallelMillis(one);
            for (int j = 0; j < problem.memories.length; j++) {
                int memory = problem.memories[j];
                x[i][j] = model.newVariable("x" + i + "," + j).binary();
                Variable w = model.newVariable("w" + i + "," + j).lower(0).upper(all);
                block.set(x[i][j], 1);
                holds.set(x[i][j], memory);
                // with one block chosen, the products add up to y, which stands for w <= y and w >= y - Y (1 - x)
                product.set(w, 1);
                model.newExpression("w" + i + "," + j).upper(0).set(w, 1).set(x[i][j], -all);
                double serial = costs.serialPace(memory);
                double parallel = costs.parallelPace(memory);
                double perLayer = serialLayer * serial + parallelLayer * parallel;
                double base = costs.fixedMillis(one)
                        + (costs.serialMillis(one) - serialLayer) * serial
                        + (costs.parallelMillis(one) - parallelLayer) * parallel;
                double price = (double) memory * costs.unitsPerMbMilli() * scale;
                time.set(w, perLayer).set(x[i][j], base);
                money.set(w, perLayer * price).set(x[i][j], base * price);
            }
        }
        (cost ? money : time).weight(1);
        if (request.sloMillis() != UNBOUNDED) {
            time.upper((double) (request.sloMillis() - spare));
        }
        if (request.budgetUnits() != UNBOUNDED) {
            money.upper((request.budgetUnits() - fixedMoney) * scale);
        }
        Optimisation.Result result = model.minimise();
        if (result.getState().isFeasible()) {
            int end = 0;
            for (int i = 0; i < k; i++) {
                end += (int) Math.round(value(y[i]));
                stops[i] = end;
                for (int j = 0; j < problem.memories.length; j++) {
                    if (value(x[i][j]) > 0.5) {
                        memories[i] = problem.memories[j];
                    }
                }
            }
        }
        return result.getState();
    }

    private static double value(@Nullable Variable variable) {
        return variable == null || variable.getValue() == null
                ? 0
                : variable.getValue().doubleValue();
    }

    /** The i-th of k parts, with so many layers. */
    private static Part part(Problem problem, int i, int k, int layers) {
        Layer layer = problem.graph.layers().get(1);
        int batch = problem.request.batch();
        return new Part(
                i + 1,
                i + layers,
                i == 0,
                i == k - 1,
                layer.paramBytes() * layers,
                layer.macs() * layers * batch,
                i == 0 ? 0 : layer.outBytes() * batch,
                i == k - 1 ? 0 : layer.outBytes() * batch,
                batch);
    }
}
