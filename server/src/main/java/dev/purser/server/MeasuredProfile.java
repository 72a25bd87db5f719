package dev.purser.server;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Maps;
import dev.purser.core.InputException;
import dev.purser.core.json.Json;
import dev.purser.core.model.ChainPart;
import dev.purser.core.model.FunctionProfile;
import dev.purser.core.model.ModelPool;
import dev.purser.core.model.Variant;
import dev.purser.core.model.VmProfile;
import dev.purser.core.pricing.InstanceType;
import dev.purser.core.pricing.PriceBooks;
import dev.purser.core.workload.Application;
import dev.purser.core.workload.Workload;
import dev.purser.local.LocalSettings;
import dev.purser.server.inputs.ModelInputs;
import dev.purser.server.profile.PoolFile;
import dev.purser.server.profile.ProfilePlan;
import dev.purser.server.profile.ProfileResult;
import dev.purser.server.profile.ProfileSubject;
import dev.purser.server.profile.Profiler;
import dev.purser.sim.SimulatorSettings;
import dev.purser.worker.ModelFiles;
import dev.purser.worker.WorkerCommand;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * The profiles that both worlds are to believe: those of a pool that was profiled on this machine, or measured now. The
 * shipped ones are of another machine, and neither a promise nor a simulation would hold by them.
 */
final class MeasuredProfile {
    private static final List<Integer> BATCHES = List.of(1, 2, 4, 8);
    private static final int STARTS = 3;
    private static final Duration WARM_UP = Duration.ofMillis(500);
    private static final Duration TIME = Duration.ofSeconds(8);
    private static final double PRECISION_PERCENT = 3;

    @Option(
            names = "--pool",
            paramLabel = "FILE",
            description = {
                "Profiles of the workload's variants that 'purser profile --out FILE' measured on this machine; the"
                        + " simulator settings are read from FILE-settings.json beside it.",
                "Default: the variants are measured now, some ten seconds each. Example: --pool measured.json"
            })
    private @Nullable Path pool;

    /**
     * What was measured.
     *
     * @param workload with the profiles of this machine
     * @param simulator how a simulated platform behaves that stands for this machine
     */
    record Profiled(Workload workload, SimulatorSettings simulator) {}

    /**
     * Reads or measures the profiles.
     *
     * @param workload what is served
     * @param local where its files are
     * @param err is told how far it is
     * @param terminal whether someone watches {@code err}
     * @throws InputException if a file cannot be used, or a model cannot be measured
     */
    Profiled of(Workload workload, LocalSettings local, PrintWriter err, boolean terminal) {
        return pool == null ? measure(workload, local, err, terminal) : read(workload, pool);
    }

    private static Profiled read(Workload workload, Path file) {
        ModelPool measured = Json.read(file, ModelPool.class);
        List<Variant> variants = workload.application().pool().variants().stream()
                .map(variant -> measured.variant(variant.name()))
                .toList();
        Path settings = new PoolFile(file).settings();
        if (!Files.exists(settings)) {
            throw new InputException(
                    "--pool",
                    "",
                    "there is no '" + settings + "' beside '" + file + "'",
                    "measure both with 'purser profile ... --out " + file + "'");
        }
        return new Profiled(with(workload, variants, measured.source()), RunOptions.simulator(settings));
    }

    private static Profiled measure(Workload workload, LocalSettings local, PrintWriter err, boolean terminal) {
        List<InstanceType> types = workload.instanceTypes().stream()
                .map(PriceBooks.load(workload.priceBook())::instanceType)
                .toList();
        ProfilePlan plan = new ProfilePlan(
                List.of(1),
                BATCHES,
                STARTS,
                types,
                null,
                workload.functions().memoryMb(),
                null,
                ModelInputs.TEXT_WORDS,
                WARM_UP,
                TIME,
                PRECISION_PERCENT);
        List<Variant> variants = new ArrayList<>();
        List<SimulatorSettings> settings = new ArrayList<>();
        err.println("Measuring the models on this machine");
        err.flush();
        for (Variant variant : workload.application().pool().variants()) {
            if (variant.chain() != null) {
                throw new InputException(
                        "workload " + workload.name(),
                        "pool " + workload.application().pool().name(),
                        "variant '" + variant.name() + "' is split, and the times of its parts are those of its plan",
                        "take a workload whose variants run whole, or --workload " + DeploymentOptions.WORKLOAD);
            }
            if (variant.model() == null) {
                throw new InputException(
                        "workload " + workload.name(),
                        "pool " + workload.application().pool().name(),
                        "variant '" + variant.name() + "' has no model, so it can only be simulated",
                        "give it \"model\": {\"onnx\": \"FILE.onnx\"}, or take --workload "
                                + DeploymentOptions.WORKLOAD);
            }
            ProfileSubject subject = new ProfileSubject(
                    variant.name(),
                    variant.accuracy(),
                    variant.observedAccuracy(),
                    variant.model(),
                    local.modelDirectory());
            try (ReplayLine line = new ReplayLine(err, terminal)) {
                ProfileResult result = new Profiler(
                                subject,
                                plan,
                                WorkerCommand.ofThisProcess(),
                                ModelFiles.in(local.cacheDirectory()),
                                (doing, share) -> line.draw(variant.name() + ": " + doing))
                        .run();
                variants.add(result.toVariant(subject, local.modelDirectory()));
                settings.add(result.settings());
            }
        }
        return new Profiled(with(workload, variants, "measured on this machine"), typical(settings));
    }

    /** Those of the variant in the middle, by what a pause costs it: the machine is one, whatever runs on it. */
    private static SimulatorSettings typical(List<SimulatorSettings> ofVariants) {
        return ofVariants.stream()
                .sorted(Comparator.comparing(settings -> settings.afterIdle().extra()))
                .toList()
                .get(ofVariants.size() / 2);
    }

    /** A workload whose variants take a multiple of their times; those that are not among the factors stay as they are. */
    static Workload scaled(Workload workload, Map<String, Double> factors) {
        ModelPool pool = workload.application().pool();
        return with(
                workload,
                pool.variants().stream()
                        .map(variant -> scaled(variant, factors.getOrDefault(variant.name(), 1.0)))
                        .toList(),
                pool.source());
    }

    private static Variant scaled(Variant variant, double factor) {
        Map<String, VmProfile> vm = new TreeMap<>(Maps.transformValues(
                variant.vm(),
                profile -> new VmProfile(
                        factor * profile.latencyMs(),
                        profile.slots(),
                        profile.batchLatencyMs() == null
                                ? null
                                : Maps.transformValues(profile.batchLatencyMs(), ms -> factor * ms))));
        FunctionProfile function = variant.function();
        return new Variant(
                variant.name(),
                variant.accuracy(),
                variant.observedAccuracy(),
                variant.sizeMb(),
                variant.loadMs(),
                vm,
                function == null
                        ? null
                        : new FunctionProfile(
                                new TreeMap<>(Maps.transformValues(function.latencyMs(), ms -> factor * ms))),
                variant.model(),
                variant.chain() == null
                        ? null
                        : variant.chain().stream()
                                .map(part -> new ChainPart(
                                        part.name(),
                                        part.memoryMb(),
                                        factor * part.latencyMs(),
                                        part.loadMs(),
                                        part.sizeMb(),
                                        part.outBytes(),
                                        part.model()))
                                .toList());
    }

    private static Workload with(Workload workload, List<Variant> variants, String source) {
        Application application = workload.application();
        return new Workload(
                workload.name(),
                workload.description(),
                new Application(
                        application.name(),
                        new ModelPool(application.pool().name(), source, ImmutableList.copyOf(variants)),
                        application.classes()),
                workload.instanceTypes(),
                workload.functions(),
                workload.priceBook());
    }
}
