package dev.purser.server.profile;

import ai.onnxruntime.OrtEnvironment;
import com.google.common.collect.Iterables;
import dev.purser.core.InputException;
import dev.purser.core.model.ModelSource;
import dev.purser.core.pricing.InstanceType;
import dev.purser.server.profile.ProfileResult.InFunction;
import dev.purser.server.profile.ProfileResult.Inference;
import dev.purser.server.profile.ProfileResult.OnInstance;
import dev.purser.worker.ModelFiles;
import dev.purser.worker.RowMixing;
import dev.purser.worker.RuntimeSettings;
import dev.purser.worker.ServedModel;
import dev.purser.worker.SocketFolder;
import dev.purser.worker.StartArchive;
import dev.purser.worker.WorkerCommand;
import dev.purser.worker.WorkerConfiguration;
import dev.purser.worker.protocol.ProtocolException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The offline profiler: measures on this machine what a selector, a provisioner and a simulator have to know of a model
 * beforehand. Two things are measured of an inference. The network alone, in this process, over threads and batch sizes,
 * for the model of {@link InferenceFit}; and worker processes as a platform runs them, over HTTP and with all slots busy,
 * for the profile.
 */
public final class Profiler {
    private static final long SEED = 1;
    private static final Duration ARCHIVE = Duration.ofMinutes(2);

    private final ProfileSubject subject;
    private final ProfilePlan plan;
    private final ProfileListener listener;
    private final WorkerCommand command;
    private final ModelFiles files;

    /**
     * @param subject what to profile
     * @param plan what to measure of it
     * @param command how worker processes are started
     * @param files where files from jars are kept
     * @param listener is told how far it is
     */
    public Profiler(
            ProfileSubject subject,
            ProfilePlan plan,
            WorkerCommand command,
            ModelFiles files,
            ProfileListener listener) {
        this.subject = subject;
        this.plan = plan;
        this.command = command;
        this.files = files;
        this.listener = listener;
    }

    /** Threads and slots of a worker process. */
    private record Shape(int threads, int slots) {}

    /**
     * Measures.
     *
     * @return what was measured
     * @throws dev.purser.core.InputException when the model or its inputs cannot be used
     */
    public ProfileResult run() {
        listener.progress("loading the model", 0);
        Deque<AutoCloseable> open = new ArrayDeque<>();
        try {
            return measure(open);
        } catch (ProtocolException e) {
            throw new InputException(
                    "model " + subject.name(),
                    "",
                    e.getMessage(),
                    plan.input() == null
                            ? "these inputs were made up from what the model declares; give a request that it takes with"
                                    + " --input FILE.json"
                            : "another --input");
        } finally {
            while (!open.isEmpty()) {
                close(open.pop());
            }
        }
    }

    private static void close(AutoCloseable resource) {
        try {
            resource.close();
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private ProfileResult measure(Deque<AutoCloseable> open) {
        Double load = Machine.currentLoad();
        SocketFolder sockets = SocketFolder.make(files);
        open.push(sockets);
        List<ServedModel> models = new ArrayList<>();
        for (int threads : plan.threads()) {
            models.add(load(threads));
            open.push(models.getLast());
        }
        BatchInputs inputs = new BatchInputs(models.getFirst().metadata(), plan);
        Machine machine = Machine.thisOne(OrtEnvironment.getEnvironment().getVersion(), load);

        Rows rows = rows(inputs);

        listener.progress("preparing workers", 0);
        WorkerCommand archived = command.withArchive(StartArchive.findOrMake(
                        command, configuration(new Shape(1, 1)).withSocket(sockets.next()), files, ARCHIVE)
                .orElse(null));
        Initialisation initialisation = starts(archived, sockets);

        List<Probe> probes = new ArrayList<>();
        for (ServedModel model : models) {
            for (int batch : plan.batches()) {
                probes.add(new InProcess(model, inputs, batch));
            }
        }
        Map<Shape, WorkerProcess> workers = new LinkedHashMap<>();
        Map<Shape, Map<Integer, Integer>> places = new LinkedHashMap<>();
        for (Map.Entry<Shape, List<Integer>> wanted : shapes().entrySet()) {
            Shape shape = wanted.getKey();
            WorkerProcess worker = WorkerProcess.start(archived, configuration(shape), sockets.next());
            open.push(worker);
            workers.put(shape, worker);
            ExecutorService threads = Executors.newFixedThreadPool(shape.slots());
            open.push(threads::shutdownNow);
            for (int batch : wanted.getValue()) {
                places.computeIfAbsent(shape, s -> new LinkedHashMap<>()).put(batch, probes.size());
                probes.add(new OverHttp(worker, threads, shape.slots(), Duration.ZERO, inputs, batch));
            }
        }
        int alone = probes.size();
        for (Map.Entry<Shape, WorkerProcess> first : Iterables.limit(workers.entrySet(), 1)) {
            ExecutorService thread = Executors.newSingleThreadExecutor();
            open.push(thread::shutdownNow);
            for (Duration pause : List.of(Duration.ZERO, ProfileResult.PAUSE)) {
                probes.add(new OverHttp(first.getValue(), thread, 1, pause, inputs, 1));
            }
        }
        Sampler sampler =
                new Sampler(plan.warmUp().toNanos(), plan.timeLimit().toNanos(), plan.precisionPercent(), SEED);
        listener.progress("warming up", 0);
        List<Timing> times = sampler.measure(
                probes,
                (settled, share) -> listener.progress(
                        "measuring inferences, " + settled + " of " + probes.size() + " known well enough", share));
        ProfileResult.AfterPause afterPause =
                alone < times.size() ? new ProfileResult.AfterPause(times.get(alone), times.get(alone + 1)) : null;
        return result(machine, initialisation, times, places, workers, afterPause, rows);
    }

    private Rows rows(BatchInputs inputs) {
        ModelSource source = subject.source();
        String operator = RowMixing.operator(files.find(source.onnx(), subject.base(), "onnx"));
        int batch = largestBatch();
        if (batch == 1) {
            return Rows.of(operator, null);
        }
        // one that runs rows together, whatever is said of the network
        try (ServedModel model = load(plan.threads().getFirst(), source.withBatchable(true))) {
            return Rows.of(operator, Rows.difference(model, inputs.batch(batch, 0), batch));
        }
    }

    private ServedModel load(int threads) {
        return load(threads, subject.source());
    }

    private ServedModel load(int threads, ModelSource source) {
        RuntimeSettings settings = RuntimeSettings.ofThreads(threads).withMaxBatch(largestBatch());
        return ServedModel.load(subject.name(), null, source, subject.base(), settings, files);
    }

    private int largestBatch() {
        return plan.batches().getLast();
    }

    private WorkerConfiguration configuration(Shape shape) {
        WorkerConfiguration usual =
                WorkerConfiguration.of(subject.name(), null, subject.absolute(), shape.threads(), shape.slots());
        return new WorkerConfiguration(
                usual.model(),
                usual.version(),
                usual.source(),
                usual.threads(),
                usual.slots(),
                usual.queue(),
                largestBatch(),
                usual.optimization(),
                usual.arena(),
                usual.host(),
                usual.port(),
                usual.maxBodyBytes(),
                usual.requestTimeout(),
                usual.idleTimeout(),
                usual.grace(),
                files.directory().toString(),
                usual.parentWatch());
    }

    private Initialisation starts(WorkerCommand archived, SocketFolder sockets) {
        List<Initialisation.Start> starts = new ArrayList<>();
        for (int i = -1; i < plan.starts(); i++) {
            listener.progress("starting workers", Math.max(0, (double) i / plan.starts()));
            try (WorkerProcess worker = WorkerProcess.start(archived, configuration(new Shape(1, 1)), sockets.next())) {
                if (i >= 0) {
                    starts.add(worker.start());
                }
            }
        }
        return Initialisation.of(starts);
    }

    /** The workers to measure, each once, with the batch sizes. */
    private Map<Shape, List<Integer>> shapes() {
        Map<Shape, List<Integer>> shapes = new LinkedHashMap<>();
        for (InstanceType type : plan.types()) {
            shapes.put(new Shape(plan.threadsOf(type), plan.slotsOf(type)), plan.batches());
        }
        for (int mb : plan.memoryMb()) {
            shapes.putIfAbsent(new Shape(ProfilePlan.threadsOf(mb), 1), List.of(1));
        }
        return shapes;
    }

    private ProfileResult result(
            Machine machine,
            Initialisation initialisation,
            List<Timing> times,
            Map<Shape, Map<Integer, Integer>> places,
            Map<Shape, WorkerProcess> workers,
            ProfileResult.@Nullable AfterPause afterPause,
            Rows rows) {
        List<Inference> inferences = new ArrayList<>();
        List<InferenceFit.Point> points = new ArrayList<>();
        for (int threads : plan.threads()) {
            for (int batch : plan.batches()) {
                Timing time = times.get(inferences.size());
                inferences.add(new Inference(threads, batch, time, null));
                points.add(new InferenceFit.Point(batch, threads, time.medianMs()));
            }
        }
        InferenceFit fit = points.size() < InferenceFit.FEWEST ? null : InferenceFit.of(points);
        if (fit != null) {
            inferences.replaceAll(i -> new Inference(i.threads(), i.batch(), i.time(), fit.ms(i.batch(), i.threads())));
        }
        List<OnInstance> instances = new ArrayList<>();
        for (InstanceType type : plan.types()) {
            Shape shape = new Shape(plan.threadsOf(type), plan.slotsOf(type));
            for (int batch : plan.batches()) {
                instances.add(new OnInstance(
                        type.name(), shape.slots(), shape.threads(), batch, time(times, places, shape, batch)));
            }
        }
        List<InFunction> functions = new ArrayList<>();
        for (int mb : plan.memoryMb()) {
            int threads = ProfilePlan.threadsOf(mb);
            Timing time = time(times, places, new Shape(threads, 1), 1);
            boolean scaled = mb < ProfilePlan.MB_PER_PROCESSOR;
            functions.add(new InFunction(
                    mb,
                    threads,
                    scaled ? time.spreadMeanMs() * ProfilePlan.MB_PER_PROCESSOR / mb : time.spreadMeanMs(),
                    scaled ? null : time));
        }
        return new ProfileResult(
                machine,
                subject.name(),
                subject.source(),
                sizeMb(),
                peakMb(workers),
                initialisation,
                inferences,
                fit,
                instances,
                functions,
                afterPause,
                rows,
                times.stream().allMatch(time -> time.intervalPercent() <= plan.precisionPercent()));
    }

    private static Timing time(List<Timing> times, Map<Shape, Map<Integer, Integer>> places, Shape shape, int batch) {
        Map<Integer, Integer> ofShape = Objects.requireNonNull(places.get(shape));
        return times.get(Objects.requireNonNull(ofShape.get(batch)));
    }

    private static @Nullable Double peakMb(Map<Shape, WorkerProcess> workers) {
        Double most = null;
        for (WorkerProcess worker : workers.values()) {
            Double mb = worker.peakMb();
            if (mb != null && (most == null || mb > most)) {
                most = mb;
            }
        }
        return most;
    }

    private double sizeMb() {
        ModelSource source = subject.source();
        try {
            return Files.size(files.find(source.onnx(), subject.base(), "onnx")) / (double) (1 << 20);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The network alone. */
    private static final class InProcess implements Probe {
        private final ServedModel model;
        private final BatchInputs inputs;
        private final int batch;
        private int next;

        InProcess(ServedModel model, BatchInputs inputs, int batch) {
            this.model = model;
            this.inputs = inputs;
            this.batch = batch;
        }

        @Override
        public double[] measure(long nanos) {
            List<Double> ms = new ArrayList<>();
            long begin = System.nanoTime();
            long before = begin;
            while (ms.isEmpty() || before - begin < nanos) {
                var unused = model.infer(inputs.batch(batch, next++), List.of());
                long after = System.nanoTime();
                ms.add((after - before) / 1e6);
                before = System.nanoTime();
            }
            return ms.stream().mapToDouble(Double::doubleValue).toArray();
        }
    }

    /** A worker process with as many requests under way as it has slots, each slot pausing before each. */
    private static final class OverHttp implements Probe {
        private final WorkerProcess worker;
        private final ExecutorService threads;
        private final int slots;
        private final long pauseNanos;
        private final BatchInputs inputs;
        private final int batch;

        OverHttp(
                WorkerProcess worker,
                ExecutorService threads,
                int slots,
                Duration pause,
                BatchInputs inputs,
                int batch) {
            this.worker = worker;
            this.threads = threads;
            this.slots = slots;
            pauseNanos = pause.toNanos();
            this.inputs = inputs;
            this.batch = batch;
        }

        @Override
        public double[] measure(long nanos) {
            CyclicBarrier together = new CyclicBarrier(slots);
            List<CompletableFuture<List<Double>>> slotsBusy = new ArrayList<>();
            for (int slot = 0; slot < slots; slot++) {
                int first = slot;
                slotsBusy.add(CompletableFuture.supplyAsync(() -> busy(together, nanos, first), threads));
            }
            List<Double> ms = new ArrayList<>();
            try {
                slotsBusy.forEach(slot -> ms.addAll(slot.join()));
            } catch (CompletionException e) {
                throw e.getCause() instanceof RuntimeException cause ? cause : e;
            }
            return ms.stream().mapToDouble(Double::doubleValue).toArray();
        }

        private static void awaitAll(CyclicBarrier barrier) {
            try {
                barrier.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted", e);
            } catch (BrokenBarrierException e) {
                throw new IllegalStateException(e);
            }
        }

        private List<Double> busy(CyclicBarrier together, long nanos, int first) {
            List<Double> ms = new ArrayList<>();
            awaitAll(together);
            long begin = System.nanoTime();
            int next = first;
            while (ms.isEmpty() || System.nanoTime() - begin < nanos) {
                if (pauseNanos > 0) {
                    LockSupport.parkNanos(pauseNanos);
                }
                long before = System.nanoTime();
                worker.infer(inputs.batch(batch, next));
                ms.add((System.nanoTime() - before) / 1e6);
                next += slots;
            }
            // at the last one another slot may have been done already
            return slots > 1 && ms.size() > 1 ? ms.subList(0, ms.size() - 1) : ms;
        }
    }
}
