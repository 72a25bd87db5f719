package dev.purser.server;

import com.google.common.base.Stopwatch;
import com.google.common.collect.ArrayListMultimap;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ListMultimap;
import com.google.common.math.Quantiles;
import dev.purser.core.engine.ControllerSettings;
import dev.purser.core.engine.DecisionLog;
import dev.purser.core.engine.RunResult;
import dev.purser.core.model.VmProfile;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.core.pricing.PriceBook;
import dev.purser.core.trace.ArrivalTrace;
import dev.purser.core.trace.TraceGenerators;
import dev.purser.core.workload.Workload;
import dev.purser.local.LocalDeployment;
import dev.purser.local.LocalSettings;
import dev.purser.server.TraceArguments.NamedTrace;
import dev.purser.server.gateway.Gateway;
import dev.purser.server.gateway.GatewaySettings;
import dev.purser.server.inputs.ModelInputs;
import dev.purser.server.profile.LogNormal;
import dev.purser.server.replay.Replay;
import dev.purser.server.replay.ReplayListener;
import dev.purser.server.replay.ReplayLoad;
import dev.purser.server.replay.ReplayOptions;
import dev.purser.server.replay.ReplayResult;
import dev.purser.server.replay.ReplayedRequest;
import dev.purser.sim.Simulation;
import dev.purser.sim.SimulatorSettings;
import dev.purser.spi.PolicyRegistry;
import dev.purser.spi.Stack;
import dev.purser.worker.protocol.InferRequest;
import dev.purser.worker.protocol.ModelMetadata;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * The same requests twice: served for real, by workers on this machine behind a gateway and sent by an open-loop
 * generator, and simulated. Policies, prices, arrivals and classes are the same in both.
 *
 * @param registry makes the policies
 * @param stack who decides
 * @param workload what is served, with the profiles that both believe
 * @param priceBook what it would cost
 * @param trace when requests are sent
 * @param seed decides the arrivals within a step of the trace and the class of each request
 * @param simulator how the simulated platform behaves
 * @param controller how the controllers work
 * @param local how the workers run
 * @param gateway where the gateway listens
 */
record TwinRun(
        PolicyRegistry registry,
        Stack stack,
        Workload workload,
        PriceBook priceBook,
        NamedTrace trace,
        long seed,
        SimulatorSettings simulator,
        ControllerSettings controller,
        LocalSettings local,
        GatewaySettings gateway) {
    private static final int INPUTS = 64;
    private static final int DECISIONS = 4096;
    private static final Duration WARM = Duration.ofMinutes(2);

    /** How often is asked to have the code of the gateway and of the generator compiled. */
    private static final double WARM_UP_RATE = 100;

    private static final Duration WARM_UP_TIME = Duration.ofSeconds(12);

    /** How often is asked to measure: seldom enough for most requests to have the machine to themselves. */
    private static final double MEASURING_RATE = 20;

    private static final Duration MEASURING_TIME = Duration.ofSeconds(10);

    /** The 95th percentile of the standard normal distribution. */
    private static final double Z95 = 1.645;

    /**
     * What came of serving for real.
     *
     * @param engine what the engine counted and what would be paid
     * @param clients what those who sent the requests saw
     * @param catalog what was served, with the classes that it knew at the end
     * @param wallSeconds from the start of the first worker to the end of the last
     */
    record Served(RunResult engine, ReplayResult clients, ServiceCatalog catalog, double wallSeconds) {}

    /**
     * A run as things stand now.
     *
     * @param run the run
     * @param drift by variant: how long it takes now, over what its profile said; of those that were asked
     */
    record Calibrated(TwinRun run, Map<String, Double> drift) {}

    /**
     * Makes the policies once, so that what is wrong with them is said before anything starts.
     *
     * @throws dev.purser.core.InputException if a policy is unknown or its settings are wrong
     */
    void check() {
        registry.create(stack, new ServiceCatalog(workload, priceBook), seed);
    }

    /**
     * Serves the trace for real. Nothing that it started is left when it returns.
     *
     * @param listener follows the requests
     * @param ready is told of the gateway once the first workers are ready
     * @param interrupt is given what ends the replay early
     */
    Served serve(ReplayListener listener, Consumer<Gateway> ready, Consumer<Runnable> interrupt) {
        Stopwatch watch = Stopwatch.createStarted();
        return deployed((deployment, listening) -> {
            ready.accept(listening);
            ReplayResult clients = send(deployment, listening, trace.arrivals(), listener, interrupt);
            listening.drain();
            RunResult engine = deployment.stop();
            return new Served(
                    engine, clients, deployment.catalog(), watch.elapsed().toNanos() / 1e9);
        });
    }

    /**
     * The same run as things stand now, which is measured by serving for a while: with a simulated platform on which the
     * way from a sender to a worker and back takes as long as here, for a profile begins at a worker's door; with times
     * that spread as they do when requests come now and then; and with profiles that are as much faster or slower as the
     * machine has become since they were measured. It also leaves the code of this process compiled, as that of a server
     * that has run for longer is.
     *
     * @param interrupt is given what ends it early
     */
    Calibrated calibrated(Consumer<Runnable> interrupt) {
        List<Double> overheads = new ArrayList<>();
        ListMultimap<String, Double> ratios = ArrayListMultimap.create();
        ReplayListener listener = new ReplayListener() {
            @Override
            public void ended(ReplayedRequest request) {
                Double inference = request.inferenceMs();
                if (inference != null && !request.cold()) {
                    overheads.add(Math.max(0.001, request.latencyNanos() / 1e6 - inference));
                    String variant = request.variant();
                    Double expected = variant == null ? null : expectedMs(variant, request.server());
                    if (variant != null && expected != null) {
                        ratios.put(variant, inference / expected);
                    }
                }
            }
        };
        deployed((deployment, listening) -> {
            ArrivalTrace often = TraceGenerators.constant(WARM_UP_RATE, atMost(WARM_UP_TIME));
            ArrivalTrace seldom = TraceGenerators.constant(MEASURING_RATE, atMost(MEASURING_TIME));
            send(deployment, listening, often, ReplayListener.NONE, interrupt);
            return send(deployment, listening, seldom, listener, interrupt);
        });
        if (overheads.isEmpty()) {
            return new Calibrated(this, Map.of());
        }
        LogNormal overhead = fit(overheads);
        Map<String, Double> drift = new TreeMap<>();
        List<Double> around = new ArrayList<>();
        ratios.asMap().forEach((variant, ofVariant) -> {
            LogNormal ratio = fit(ofVariant);
            drift.put(variant, ratio.mean());
            ofVariant.forEach(one -> around.add(one / ratio.median()));
        });
        SimulatorSettings measured =
                around.isEmpty() ? simulator : simulator.withService(fit(around).spread());
        TwinRun now = new TwinRun(
                registry,
                stack,
                MeasuredProfile.scaled(workload, drift),
                priceBook,
                trace,
                seed,
                measured.withDispatchOverhead(Duration.ofNanos(Math.round(1e6 * overhead.mean())), overhead.spread()),
                controller,
                local,
                gateway);
        return new Calibrated(now, drift);
    }

    /** No part of the preparation is longer than what it prepares. */
    private Duration atMost(Duration time) {
        Duration run = trace.arrivals().duration();
        return run.compareTo(time) < 0 ? run : time;
    }

    /** By the median and the 95th percentile of what was measured: the two that a simulation is held to. */
    private static LogNormal fit(Collection<Double> measured) {
        Map<Integer, Double> at = Quantiles.percentiles().indexes(50, 95).compute(measured);
        double median = Objects.requireNonNull(at.get(50));
        return new LogNormal(median, Math.log(Objects.requireNonNull(at.get(95)) / median) / Z95);
    }

    /** What the profile says of a request that was served alone on an instance; null where it says nothing. */
    private @Nullable Double expectedMs(String variant, @Nullable String server) {
        if (server == null) {
            return null;
        }
        VmProfile profile = workload.application()
                .pool()
                .variant(variant)
                .vm()
                .get(server.substring(0, Math.max(0, server.indexOf('#'))));
        return profile == null
                ? null
                : profile.latencyMs() + simulator.afterIdle().extra().toNanos() / 1e6;
    }

    private ReplayResult send(
            LocalDeployment deployment,
            Gateway listening,
            ArrivalTrace arrivals,
            ReplayListener listener,
            Consumer<Runnable> interrupt) {
        Replay replay = new Replay(
                URI.create(listening.url()),
                workload.application().name(),
                inputs(deployment.metadata(0)),
                new ReplayLoad(arrivals, workload.application().classes(), seed),
                ReplayOptions.defaults(),
                listener);
        interrupt.accept(replay::stop);
        return replay.run();
    }

    /** Starts a deployment and its gateway, uses them when the first workers are ready, and ends them. */
    private <T> T deployed(BiFunction<LocalDeployment, Gateway, T> use) {
        ServiceCatalog catalog = new ServiceCatalog(workload, priceBook);
        LocalDeployment deployment = LocalDeployment.start(
                catalog,
                registry.create(stack, catalog, seed),
                local,
                controller,
                new DecisionLog(DECISIONS, DECISIONS));
        try (deployment;
                Gateway listening = Gateway.start(gateway, deployment, stack.name(), Version.number())) {
            awaitReady(deployment);
            return use.apply(deployment, listening);
        }
    }

    private static void awaitReady(LocalDeployment deployment) {
        long deadline = System.nanoTime() + WARM.toNanos();
        while (!deployment.ready()) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException("no worker became ready within " + WARM.toMinutes() + " minutes: "
                        + deployment.state().fleets());
            }
            try {
                TimeUnit.MILLISECONDS.sleep(20);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted while the first workers started", e);
            }
        }
    }

    private ImmutableList<InferRequest> inputs(ModelMetadata metadata) {
        return LongStream.range(0, INPUTS)
                .mapToObj(i -> ModelInputs.synthesise(metadata, 1, ModelInputs.TEXT_WORDS, seed * INPUTS + i))
                .collect(ImmutableList.toImmutableList());
    }

    /** Simulates the same. */
    RunResult simulate() {
        ServiceCatalog catalog = new ServiceCatalog(workload, priceBook);
        return new Simulation(
                        catalog,
                        registry.create(stack, catalog, seed),
                        trace.arrivals(),
                        seed,
                        simulator,
                        controller,
                        new DecisionLog(DECISIONS, DECISIONS))
                .run();
    }
}
