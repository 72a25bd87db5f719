package dev.purser.partitioner;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.purser.core.InputException;
import dev.purser.core.json.Json;
import dev.purser.core.model.ChainPart;
import dev.purser.core.model.ModelPool;
import dev.purser.core.model.ModelSource;
import dev.purser.core.model.Variant;
import dev.purser.core.partition.Part;
import dev.purser.core.partition.PartitionPlan;
import dev.purser.core.partition.PlannedPart;
import dev.purser.core.pricing.PriceBooks;
import dev.purser.core.workload.Application;
import dev.purser.core.workload.FunctionConfiguration;
import dev.purser.core.workload.RequestClass;
import dev.purser.core.workload.Slo;
import dev.purser.core.workload.Workload;
import dev.purser.partitioner.cost.Calibration;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What runs a plan: the split model as a variant with a chain, and a workload that serves it with functions alone. Written
 * to a folder, it is what {@code serve --workload FOLDER/workload.json} and every other command with a workload take.
 *
 * @param variant the split model; the files of its parts are those that were given
 * @param workload a workload of this variant and one class of requests
 */
public record ChainDeployment(Variant variant, Workload workload) {
    /** The file that {@link #write} writes the workload into. */
    public static final String WORKLOAD_FILE = "workload.json";

    /** The file that {@link #write} writes the model pool into. */
    public static final String POOL_FILE = "pool.json";

    private static final double MIB = 1 << 20;

    /** The shortest time that a profile can state, for what a calibration says takes none. */
    private static final double LEAST_MS = 1e-3;

    /**
     * How long a part takes.
     *
     * @param latencyMs warm, with its get and put, in milliseconds; over 0
     * @param loadMs what a fresh sandbox needs on top, in milliseconds; at least 0
     */
    public record PartTimes(double latencyMs, double loadMs) {}

    /**
     * The deployment of a plan with at least two parts.
     *
     * @param name what the model is served as
     * @param accuracy its accuracy, 0 to 1: splitting changes nothing of it
     * @param plan the plan
     * @param times of each part
     * @param files the ONNX file of each part
     * @param slo what an answer may take; null for no such promise
     * @param priceBook name or file of the price book whose memory sizes the plan keeps to
     * @throws IllegalArgumentException if there are not as many times or files as parts, or there is one part only
     * @throws InputException if there is no such price book
     */
    public static ChainDeployment of(
            String name,
            double accuracy,
            PartitionPlan plan,
            List<PartTimes> times,
            List<Path> files,
            @Nullable Duration slo,
            String priceBook) {
        int n = plan.parts().size();
        if (times.size() != n || files.size() != n) {
            throw new IllegalArgumentException("the plan has " + n + " parts, but there are " + times.size()
                    + " times and " + files.size() + " files");
        }
        List<ChainPart> parts = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            PlannedPart planned = plan.parts().get(i);
            parts.add(new ChainPart(
                    "part-" + (i + 1),
                    planned.memoryMb(),
                    times.get(i).latencyMs(),
                    times.get(i).loadMs(),
                    planned.part().paramBytes() / MIB,
                    planned.part().outBytes(),
                    new ModelSource(text(files.get(i)), null)));
        }
        double sizeMb = parts.stream().mapToDouble(ChainPart::sizeMb).sum();
        double loadMs = parts.stream().mapToDouble(ChainPart::loadMs).sum();
        Variant variant = new Variant(name, accuracy, null, sizeMb, loadMs, Map.of(), null, null, parts);
        Slo promise = new Slo(slo == null ? Slo.Urgency.RELAXED : Slo.Urgency.STRICT, slo, null, null);
        Workload workload = new Workload(
                name,
                name + " in " + n + " parts, each in a function of its own",
                new Application(
                        name + "-application",
                        new ModelPool(
                                name,
                                "a partition plan: " + plan.millis() + " ms, "
                                        + plan.usd().toPlainString() + " USD a request",
                                List.of(variant)),
                        List.of(new RequestClass("any", 1, null, promise))),
                List.of(),
                // the parts have sizes of their own; one stands here, so that there is one such function
                new FunctionConfiguration(
                        List.of(plan.memories().stream().max(Integer::compare).orElseThrow()),
                        PriceBooks.load(priceBook).function().concurrencyLimit()),
                priceBook);
        return new ChainDeployment(variant, workload);
    }

    /**
     * The planned times divided into what a warm part takes and what a cold one takes besides. A calibration of cold
     * functions has the start of libraries and the load of weights in each part's time. One in which weights load in no time
     * is of warm functions: all that it says is what a warm part takes, and nothing is known of its load.
     *
     * @param plan a plan that was made with the calibration's times
     */
    public static List<PartTimes> times(PartitionPlan plan, Calibration calibration) {
        List<PartTimes> times = new ArrayList<>();
        for (PlannedPart planned : plan.parts()) {
            Part part = planned.part();
            double load = calibration.loadSecondsPerMib() == 0
                    ? 0
                    : 1000
                            * (calibration.startSeconds() + calibration.loadSecondsPerMib() * (part.paramBytes() / MIB))
                            / calibration.speed().speed(planned.memoryMb());
            times.add(new PartTimes(Math.max(LEAST_MS, planned.millis() - load), load));
        }
        return times;
    }

    /**
     * Writes the workload and its pool into a folder, in the place of those that were there. The files of the parts are
     * named relative to it, so that all may be moved together.
     *
     * @param folder is made if need be
     * @return the workload's file
     * @throws InputException if they cannot be written
     */
    public Path write(Path folder) {
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new InputException(folder.toString(), "", "cannot be made: " + e, "name another folder");
        }
        ModelPool pool = workload.application().pool();
        Path base = folder.toAbsolutePath().normalize();
        Variant moved = new Variant(
                variant.name(),
                variant.accuracy(),
                variant.observedAccuracy(),
                variant.sizeMb(),
                variant.loadMs(),
                variant.vm(),
                variant.function(),
                variant.model(),
                parts().stream().map(part -> relative(part, base)).toList());
        JsonNode json = Json.parse("the workload", Json.write(workload));
        ((ObjectNode) json.get("application")).put("pool", POOL_FILE);
        Path file = folder.resolve(WORKLOAD_FILE);
        try {
            Json.write(folder.resolve(POOL_FILE), new ModelPool(pool.name(), pool.source(), List.of(moved)));
            Json.write(file, json);
        } catch (UncheckedIOException e) {
            throw new InputException(
                    folder.toString(), "", "the deployment cannot be written: " + e.getCause(), "name another folder");
        }
        return file;
    }

    private List<ChainPart> parts() {
        List<ChainPart> chain = variant.chain();
        return chain == null ? List.of() : chain;
    }

    private static ChainPart relative(ChainPart part, Path base) {
        ModelSource model = part.model();
        if (model == null || model.onnx().startsWith(ModelSource.CLASSPATH)) {
            return part;
        }
        Path onnx = Path.of(model.onnx()).toAbsolutePath().normalize();
        return new ChainPart(
                part.name(),
                part.memoryMb(),
                part.latencyMs(),
                part.loadMs(),
                part.sizeMb(),
                part.outBytes(),
                new ModelSource(text(base.relativize(onnx)), null));
    }

    private static String text(Path path) {
        return path.toString().replace('\\', '/');
    }
}
