package dev.purser.server.partition;

import dev.purser.core.partition.PartCosts;
import dev.purser.core.partition.PartitionPlan;
import dev.purser.core.partition.PlannedPart;
import dev.purser.core.policy.Reason;
import dev.purser.partitioner.onnx.OnnxPart;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What came of a request to cut a model: {@code plan.json}, and what is printed for programs.
 *
 * @param purser the version that planned
 * @param model the model
 * @param setting what was planned for
 * @param plan the plan; null where all that none undercuts were asked for
 * @param front these, from the fastest to the cheapest; empty otherwise
 * @param beside what others would do
 * @param verification how far the parts' results are from the whole model's; null where nobody looked
 */
public record PartitionReport(
        String purser,
        Model model,
        Setting setting,
        @Nullable Plan plan,
        List<Plan> front,
        List<Beside> beside,
        @Nullable Verification verification) {

    /** Keeps copies. */
    public PartitionReport {
        front = List.copyOf(front);
        beside = List.copyOf(beside);
    }

    /** The plan, of a report that has one. */
    public Plan onePlan() {
        if (plan == null) {
            throw new IllegalStateException("all plans were asked for, and not one");
        }
        return plan;
    }

    /** The same with a verification. */
    public PartitionReport with(Verification verified) {
        return new PartitionReport(purser, model, setting, plan, front, beside, verified);
    }

    /** The same with where the parts are. */
    public PartitionReport withFiles(List<OnnxPart> files) {
        Plan one = onePlan();
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < files.size(); i++) {
            OnnxPart file = files.get(i);
            rows.add(one.parts()
                    .get(i)
                    .with(new Written(
                            String.valueOf(file.file().getFileName()), file.bytes(), file.inputs(), file.outputs())));
        }
        return new PartitionReport(
                purser, model, setting, new Plan(one.ms(), one.usd(), rows), front, beside, verification);
    }

    /**
     * A model.
     *
     * @param name what it is called
     * @param layers how many layers it has
     * @param paramBytes bytes of its weights
     * @param macs multiply-accumulate operations for one item
     * @param cuts at how many places it may be cut
     * @param cutsInsideOperators how many more there are where the runtime would merge operators
     */
    public record Model(String name, int layers, long paramBytes, long macs, int cuts, int cutsInsideOperators) {}

    /**
     * What was planned for.
     *
     * @param partitioner who planned
     * @param objective what was to be least
     * @param limits the name of the functions' limits
     * @param calibration the name of what says how long functions take
     * @param profile whether layers were measured or estimated
     * @param priceBook the name of the prices
     * @param cuts which cuts were allowed
     * @param batch items in an invocation
     * @param sloMs the most milliseconds; null for any
     * @param budgetUsd the most US dollars; null for any
     * @param minimumParts the fewest parts
     * @param maximumParts the most parts
     */
    public record Setting(
            String partitioner,
            String objective,
            String limits,
            String calibration,
            String profile,
            String priceBook,
            String cuts,
            int batch,
            @Nullable Long sloMs,
            @Nullable BigDecimal budgetUsd,
            int minimumParts,
            int maximumParts) {}

    /**
     * A plan.
     *
     * @param ms how long an answer takes
     * @param usd what an invocation of the chain costs, in US dollars
     * @param parts the parts in their order
     */
    public record Plan(long ms, BigDecimal usd, List<Row> parts) {
        /** Keeps a copy. */
        public Plan {
            parts = List.copyOf(parts);
        }

        /** Of a model. */
        public static Plan of(PartitionSubject subject, PartitionPlan plan) {
            List<Row> rows = new ArrayList<>();
            List<String> fetched = List.of();
            for (PlannedPart planned : plan.parts()) {
                List<String> left = planned.part().last()
                        ? List.of()
                        : subject.crossing(planned.part().to());
                rows.add(Row.of(subject, rows.size() + 1, planned, fetched, left));
                fetched = left;
            }
            return new Plan(plan.millis(), plan.usd(), rows);
        }
    }

    /**
     * A part.
     *
     * @param part its number, from 1
     * @param firstLayer the index of its first layer
     * @param lastLayer the index of its last layer
     * @param firstName the first layer's name
     * @param lastName the last layer's name
     * @param weightBytes bytes of its weights
     * @param macs multiply-accumulate operations of an invocation
     * @param fetches the tensors that it fetches from the store
     * @param inBytes their bytes
     * @param leaves the tensors that it leaves in the store
     * @param outBytes their bytes
     * @param memoryMb the memory of its function
     * @param functions how many functions it is divided among
     * @param ms how long it takes
     * @param usd what it costs, in US dollars
     * @param because what bound its end and its memory
     * @param file where it was written; null where it was not
     */
    public record Row(
            int part,
            int firstLayer,
            int lastLayer,
            String firstName,
            String lastName,
            long weightBytes,
            long macs,
            List<String> fetches,
            long inBytes,
            List<String> leaves,
            long outBytes,
            int memoryMb,
            int functions,
            long ms,
            BigDecimal usd,
            List<Why> because,
            @Nullable Written file) {
        /** Keeps copies. */
        public Row {
            fetches = List.copyOf(fetches);
            leaves = List.copyOf(leaves);
            because = List.copyOf(because);
        }

        private static Row of(
                PartitionSubject subject, int number, PlannedPart planned, List<String> fetched, List<String> left) {
            return new Row(
                    number,
                    planned.part().from(),
                    planned.part().to(),
                    subject.graph().layers().get(planned.part().from()).name(),
                    subject.graph().layers().get(planned.part().to()).name(),
                    planned.part().paramBytes(),
                    planned.part().macs(),
                    fetched,
                    planned.part().inBytes(),
                    left,
                    planned.part().outBytes(),
                    planned.memoryMb(),
                    planned.split().shares(),
                    planned.millis(),
                    PartitionReport.usd(planned.units()),
                    planned.reasons().stream().map(Why::of).toList(),
                    null);
        }

        private Row with(Written written) {
            return new Row(
                    part,
                    firstLayer,
                    lastLayer,
                    firstName,
                    lastName,
                    weightBytes,
                    macs,
                    fetches,
                    inBytes,
                    leaves,
                    outBytes,
                    memoryMb,
                    functions,
                    ms,
                    usd,
                    because,
                    written);
        }

        /** How many layers it has. */
        int layers() {
            return lastLayer - firstLayer + 1;
        }
    }

    /** Units of money as US dollars, exactly. */
    private static BigDecimal usd(long units) {
        return BigDecimal.valueOf(units)
                .divide(BigDecimal.valueOf(1024), MathContext.UNLIMITED)
                .movePointLeft(13);
    }

    /**
     * A reason.
     *
     * @param code for programs
     * @param text for people
     */
    public record Why(String code, String text) {
        static Why of(Reason reason) {
            return new Why(reason.code(), reason.words());
        }
    }

    /**
     * A part's file.
     *
     * @param file its name; large weights lie beside it
     * @param bytes of it, with the weights
     * @param inputs the names of its inputs
     * @param outputs the names of its outputs
     */
    public record Written(String file, long bytes, List<String> inputs, List<String> outputs) {
        /** Keeps copies. */
        public Written {
            inputs = List.copyOf(inputs);
            outputs = List.copyOf(outputs);
        }
    }

    /**
     * What another way of deciding would do.
     *
     * @param name who decides
     * @param parts how many parts it makes; null where it has no plan
     * @param ms how long an answer takes, or would on average
     * @param usd what it costs, or would on average
     * @param keepsSlo the share of its plans that keep SLO and budget, 0 to 1
     * @param note what is to be said of it; may be empty
     */
    public record Beside(
            String name,
            @Nullable Integer parts,
            @Nullable Double ms,
            @Nullable Double usd,
            double keepsSlo,
            String note) {

        static Beside of(String name, PartitionPlan plan, boolean keeps) {
            return new Beside(
                    name,
                    plan.parts().size(),
                    (double) plan.millis(),
                    plan.units() / PartCosts.UNITS_PER_USD,
                    keeps ? 1 : 0,
                    "");
        }

        static Beside none(String name, String note) {
            return new Beside(name, null, null, null, 0, note);
        }
    }

    /**
     * How far the parts' results are from the whole model's.
     *
     * @param inputs on how many random inputs both ran
     * @param elements how many numbers were compared
     * @param largestDifference between two of them
     * @param largestMagnitude of the whole model's results
     * @param spread the largest difference between the whole model's results for two inputs
     */
    public record Verification(
            int inputs, long elements, double largestDifference, double largestMagnitude, double spread) {
        /** The largest difference that rounding explains, beside results of this size. */
        public double allowed() {
            return 1e-5 * Math.max(1, largestMagnitude);
        }
    }
}
