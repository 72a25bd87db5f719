package dev.purser.server.profile;

import dev.purser.core.model.FunctionProfile;
import dev.purser.core.model.ModelSource;
import dev.purser.core.model.Variant;
import dev.purser.core.model.VmProfile;
import dev.purser.sim.SimulatorSettings;
import dev.purser.sim.SimulatorSettings.AfterIdle;
import dev.purser.sim.Spread;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What was measured of a model.
 *
 * @param machine where
 * @param variant the variant's name
 * @param source where its network is
 * @param sizeMb the network's file, in MB of 2^20 bytes
 * @param workerMb the most memory that a worker process held, in MB of 2^20 bytes; null where the system does not say
 * @param initialisation how long fresh worker processes took to start
 * @param inferences the times of the network alone, in one process, that the fit is over
 * @param fit of these times; null where there are too few
 * @param instances by instance type and batch size: the times of a worker process, with all slots busy
 * @param functions by memory size: the times of a worker process that serves one request at a time
 * @param afterPause what a pause does; null where no worker process was measured
 * @param rows whether the rows of an inference change each other's answers
 * @param settled whether every time is known as well as was asked for
 */
public record ProfileResult(
        Machine machine,
        String variant,
        ModelSource source,
        double sizeMb,
        @Nullable Double workerMb,
        Initialisation initialisation,
        List<Inference> inferences,
        @Nullable InferenceFit fit,
        List<OnInstance> instances,
        List<InFunction> functions,
        @Nullable AfterPause afterPause,
        Rows rows,
        boolean settled) {
    /** How long a worker is left alone to see what that does. */
    static final Duration PAUSE = Duration.ofMillis(20);

    /** How long a pause must be to matter; a quarter of it matters as much as the whole. */
    private static final Duration MATTERS = PAUSE.dividedBy(4);

    public ProfileResult {
        inferences = List.copyOf(inferences);
        instances = List.copyOf(instances);
        functions = List.copyOf(functions);
    }

    /**
     * A worker process that serves one request at a time.
     *
     * @param without one after the other
     * @param with each after a pause of 20 ms, in which the processor loses its clock and its caches
     */
    public record AfterPause(Timing without, Timing with) {
        /** How much longer a request takes after a pause, in milliseconds, 0 or more. */
        public double extraMs() {
            return Math.max(0, with.medianMs() - without.medianMs());
        }
    }

    /**
     * The time of an inference in one process.
     *
     * @param threads of the inference
     * @param batch rows
     * @param time measured
     * @param fittedMs what the fit gives; null without a fit
     */
    public record Inference(
            int threads, int batch, Timing time, @Nullable Double fittedMs) {}

    /**
     * The time of a request or batch on an instance.
     *
     * @param type the instance type
     * @param slots requests or batches at the same time
     * @param threads of each
     * @param batch rows
     * @param time measured
     */
    public record OnInstance(String type, int slots, int threads, int batch, Timing time) {}

    /**
     * The time of a request in a function.
     *
     * @param memoryMb the function's memory
     * @param threads of an inference
     * @param latencyMs the time
     * @param time measured; null where the time was scaled from that of {@value ProfilePlan#MB_PER_PROCESSOR} MB, as a
     *     smaller function has a share of a processor
     */
    public record InFunction(
            int memoryMb,
            int threads,
            double latencyMs,
            @Nullable Timing time) {}

    /**
     * The measured variant, for a model pool.
     *
     * @param subject what was profiled; its accuracy must be known
     * @param directory of the pool's file, from which relative paths are to start
     */
    public Variant toVariant(ProfileSubject subject, Path directory) {
        if (subject.accuracy() == null) {
            throw new IllegalArgumentException("the accuracy of " + variant + " is not known");
        }
        TreeMap<String, VmProfile> vm = new TreeMap<>();
        for (OnInstance single : instances) {
            if (single.batch() == 1) {
                SortedMap<Integer, Double> batches = new TreeMap<>();
                instances.stream()
                        .filter(other -> other.type().equals(single.type()) && other.batch() > 1)
                        .forEach(other ->
                                batches.put(other.batch(), rounded(other.time().spreadMeanMs())));
                vm.put(
                        single.type(),
                        new VmProfile(
                                rounded(single.time().spreadMeanMs()),
                                single.slots(),
                                batches.isEmpty() ? null : batches));
            }
        }
        TreeMap<Integer, Double> memory = new TreeMap<>();
        functions.forEach(function -> memory.put(function.memoryMb(), rounded(function.latencyMs())));
        return new Variant(
                variant,
                subject.accuracy(),
                subject.observedAccuracy(),
                rounded(sizeMb),
                rounded(initialisation.loadMs()),
                vm,
                memory.isEmpty() ? null : new FunctionProfile(memory),
                subject.source().batchable() == null && !rows.batchable()
                        ? subject.relativeTo(directory).withBatchable(false)
                        : subject.relativeTo(directory));
    }

    /** To the microsecond. */
    private static double rounded(double ms) {
        return Math.max(0.001, Math.round(ms * 1000) / 1000.0);
    }

    /**
     * How a simulated platform behaves that is to stand for this machine: instances and sandboxes are worker processes,
     * which take as long to boot; the way from the gateway to a worker is part of the profile's times, and that from the
     * sender to the gateway is not known.
     */
    public SimulatorSettings settings() {
        Initialisation.Step boot = initialisation.boot();
        Duration time = Duration.ofNanos(Math.round(boot.meanMs() * 1000) * 1000);
        Spread spread = Spread.lognormal(share(boot.cv()));
        return SimulatorSettings.defaults()
                .withInstanceBoot(time, spread)
                .withDispatchOverhead(Duration.ZERO, Spread.none())
                .withInvokeOverhead(Duration.ZERO)
                .withSandboxStart(time, spread)
                .withService(Spread.lognormal(share(serviceCv())))
                .withAfterIdle(
                        afterPause == null
                                ? AfterIdle.none()
                                : new AfterIdle(
                                        MATTERS, Duration.ofNanos(Math.round(afterPause.extraMs() * 1000) * 1000)));
    }

    private static double share(double cv) {
        return Math.min(10, Math.round(cv * 1000) / 1000.0);
    }

    /** The median of the spreads of what was measured of worker processes. */
    private double serviceCv() {
        double[] cvs = java.util.stream.Stream.concat(
                        instances.stream().map(OnInstance::time),
                        functions.stream().map(InFunction::time).filter(java.util.Objects::nonNull))
                .mapToDouble(Timing::cv)
                .sorted()
                .toArray();
        return cvs.length == 0 ? 0 : cvs[cvs.length / 2];
    }
}
