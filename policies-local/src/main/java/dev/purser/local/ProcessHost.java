package dev.purser.local;

import dev.purser.core.InputException;
import dev.purser.core.model.ModelSource;
import dev.purser.core.model.TextEmbedding;
import dev.purser.core.model.Variant;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.worker.ModelFiles;
import dev.purser.worker.RowMixing;
import dev.purser.worker.RuntimeSettings;
import dev.purser.worker.SocketFolder;
import dev.purser.worker.StartArchive;
import dev.purser.worker.SyntheticInputs;
import dev.purser.worker.WorkerCommand;
import dev.purser.worker.WorkerConfiguration;
import dev.purser.worker.WorkerReport;
import dev.purser.worker.protocol.InferRequest;
import dev.purser.worker.protocol.InferResponse;
import dev.purser.worker.protocol.InferenceClient;
import dev.purser.worker.protocol.ModelMetadata;
import dev.purser.worker.protocol.ProtocolException;
import dev.purser.worker.protocol.RequestedOutput;
import dev.purser.worker.protocol.Tensor;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.ProcessBuilder.Redirect;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Workers in processes of their own, spoken to over sockets in a folder that no other user can enter. None outlives this process: it holds the standard input of
 * each, and a worker halts when that ends.
 */
final class ProcessHost implements Host {
    private static final Logger LOG = LoggerFactory.getLogger(ProcessHost.class);

    /** How long a worker may take to halt by itself when it is no longer needed. */
    private static final long HALT_MILLIS = 500;

    private static final Duration CLOSE = Duration.ofSeconds(5);

    /** How long the end of a process may come after the end of its connections. */
    private static final long EXIT_MILLIS = 300;

    private static final Duration MAKE_ARCHIVE = Duration.ofMinutes(1);

    private static final int MAX_RESPONSE = 1 << 30;

    /** The largest batch's body; what the worker's heap does not hold it refuses itself. */
    private static final int MAX_BODY = 1 << 30;

    private final ServiceCatalog catalog;
    private final LocalSettings settings;
    private final ModelFiles files;
    private final WorkerLogs logs;
    private final WorkerCommand command;
    private final SocketFolder sockets;
    private final AtomicBoolean making = new AtomicBoolean();
    private final ScheduledThreadPoolExecutor health;
    private final ConcurrentMap<Network, ModelMetadata> metadata = new ConcurrentHashMap<>();
    private final ConcurrentMap<Network, Boolean> batchable = new ConcurrentHashMap<>();
    private final Set<Child> children = ConcurrentHashMap.newKeySet();
    private volatile @Nullable Path archive;
    private volatile @Nullable Thread maker;
    private volatile boolean closed;

    ProcessHost(ServiceCatalog catalog, LocalSettings settings, ModelFiles files) {
        this(catalog, settings, files, new WorkerLogs(settings.logDirectory(), (long) settings.logLimitMb() << 20));
    }

    ProcessHost(ServiceCatalog catalog, LocalSettings settings, ModelFiles files, WorkerLogs logs) {
        this.catalog = catalog;
        this.settings = settings;
        this.files = files;
        this.logs = logs;
        // what a crash has to say goes where all that the worker says goes, and not to files without end
        command = WorkerCommand.ofThisProcess()
                .withHeapMb(settings.workerMemoryMb())
                .withOptions(List.of("-XX:+ErrorFileToStderr", "-XX:-CreateCoredumpOnCrash"))
                .withOptions(settings.jvmOptions());
        sockets = SocketFolder.make(files);
        archive = StartArchive.find(command, files).orElse(null);
        health = new ScheduledThreadPoolExecutor(
                1, Thread.ofPlatform().daemon().name("purser health").factory());
        health.setRemoveOnCancelPolicy(true);
    }

    @Override
    public Handle start(Order order, Listener listener) {
        Child child = new Child(order, listener);
        children.add(child);
        Thread.ofPlatform().daemon().name("purser start " + order.name()).start(child::start);
        return child;
    }

    /** A slot waits for its worker's answers, which virtual threads do for nothing. */
    @Override
    public Thread slotThread(String name, Runnable run) {
        return Thread.ofVirtual().name(name).unstarted(run);
    }

    @Override
    public @Nullable ModelMetadata knownMetadata(int variant, int part) {
        return metadata.get(new Network(variant, part));
    }

    @Override
    public void close() {
        closed = true;
        health.shutdownNow();
        Thread making = maker;
        if (making != null) {
            making.interrupt();
        }
        for (Child child : children) {
            child.stop();
        }
        long deadline = System.nanoTime() + CLOSE.toNanos();
        try {
            for (Child child : children) {
                child.await(Duration.ofMillis(HALT_MILLIS));
                child.destroy();
            }
            for (Child child : children) {
                child.await(Duration.ofNanos(Math.max(0, deadline - System.nanoTime())));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            children.forEach(Child::destroy);
        } finally {
            sockets.close();
        }
    }

    /**
     * The archive that lets workers start in half the time is made once for an installation, beside the first worker of a
     * deployment that finds none.
     */
    private void makeArchive(WorkerConfiguration recorded) {
        if (archive == null && making.compareAndSet(false, true)) {
            maker = Thread.ofPlatform().daemon().name("purser start archive").start(() -> {
                archive = StartArchive.findOrMake(command, recorded.withSocket(sockets.next()), files, MAKE_ARCHIVE)
                        .orElse(null);
            });
        }
    }

    private WorkerConfiguration configuration(Order order) {
        Variant variant = catalog.workload().application().pool().variants().get(order.variant());
        ModelSource source = Host.source(variant, order.part());
        TextEmbedding text = source.text();
        ModelSource found = new ModelSource(
                find(source.onnx(), "onnx"),
                text == null
                        ? null
                        : new TextEmbedding(
                                find(text.tokenizer(), "tokenizer"), text.pooling(), text.maxTokens(), text.prefix()),
                batchable.computeIfAbsent(
                        new Network(order.variant(), order.part()),
                        network -> RowMixing.isBatchable(source, settings.modelDirectory(), files)));
        return new WorkerConfiguration(
                Host.name(variant, order.part()),
                null,
                found,
                order.threads(),
                order.slots(),
                order.slots(),
                LocalPlatform.MAX_ROWS,
                RuntimeSettings.Optimization.ALL,
                true,
                "unix:" + sockets.next(),
                0,
                MAX_BODY,
                settings.inferenceTimeout(),
                Duration.ofDays(1),
                Duration.ZERO,
                files.directory().toString(),
                true);
    }

    private String find(String file, String field) {
        return files.find(file, settings.modelDirectory(), field)
                .toAbsolutePath()
                .toString();
    }

    /** A process from the moment it is asked for until it has ended. */
    private final class Child implements Handle {
        private final Order order;
        private final Listener listener;
        private final WorkerLogs.Log log;
        private final String model;

        /** Whether the listener has heard its last, or is to hear no more. */
        private final AtomicBoolean over = new AtomicBoolean();

        private final CountDownLatch ended = new CountDownLatch(1);
        private volatile @Nullable Process process;
        private volatile @Nullable InferenceClient client;
        private volatile @Nullable Future<?> probes;
        private volatile @Nullable String killedFor;
        private volatile boolean stopping;
        private volatile long answeredNanos;

        Child(Order order, Listener listener) {
            this.order = order;
            this.listener = listener;
            log = logs.open(order.name());
            model = Host.name(catalog.workload().application().pool().variants().get(order.variant()), order.part());
        }

        void start() {
            try {
                if (stopping) {
                    gone();
                    return;
                }
                WorkerConfiguration configuration = configuration(order);
                Process started = command.withQuickStart(order.brief())
                        .withArchive(archive)
                        .start(configuration, Redirect.PIPE);
                process = started;
                if (stopping || closed) {
                    started.destroyForcibly();
                }
                Thread.ofPlatform()
                        .daemon()
                        .name("purser log " + order.name())
                        .start(() -> log.drain(started.getErrorStream()));
                Future<?> unused = started.onExit().thenAccept(this::exited);
                // nothing follows the one line
                try (BufferedReader from =
                        new BufferedReader(new InputStreamReader(started.getInputStream(), StandardCharsets.UTF_8))) {
                    String line = from.readLine();
                    if (line != null) {
                        reported(WorkerReport.read(order.name(), line), configuration);
                    }
                }
            } catch (IOException | InputException e) {
                failed(String.valueOf(e.getMessage()));
                destroy();
                if (process == null) {
                    gone();
                }
            }
        }

        private void reported(WorkerReport report, WorkerConfiguration configuration) {
            WorkerReport.Initialisation times = report.initialisationMs();
            Path socket = configuration.socket();
            if (!report.ready() || socket == null || times == null) {
                failed(String.valueOf(report.error()));
                destroy();
                return;
            }
            InferenceClient opened = InferenceClient.of(socket, order.slots() + 1, MAX_RESPONSE);
            client = opened;
            if (stopping) {
                opened.close();
                return;
            }
            Map<String, Double> steps = new LinkedHashMap<>();
            steps.put("processStart", times.processStart());
            steps.put("runtimeLoad", times.runtimeLoad());
            steps.put("modelLoad", times.modelLoad());
            steps.put("firstInference", times.firstInference());
            long load = Math.round((times.modelLoad() + times.firstInference()) * 1e6);
            Remote remote = new Remote(
                    this, opened, !Boolean.FALSE.equals(configuration.source().batchable()));
            if (!order.brief() && settings.warmUp().isPositive()) {
                steps.put("warmUp", warmUp(remote));
            }
            try {
                long every = settings.healthInterval().toNanos();
                probes = health.scheduleWithFixedDelay(
                        () -> Thread.startVirtualThread(this::probe), every, every, TimeUnit.NANOSECONDS);
            } catch (RejectedExecutionException e) {
                LOG.debug("{} became ready too late", order.name());
                return;
            }
            listener.ready(remote, steps, load);
            makeArchive(configuration);
        }

        /** Asks made-up requests, for the code of the worker and of this process to be compiled; in milliseconds. */
        private double warmUp(Remote remote) {
            long start = System.nanoTime();
            try {
                InferRequest request =
                        InferRequest.of(SyntheticInputs.of(remote.metadata(), 1).toArray(new Tensor[0]));
                while (!stopping
                        && System.nanoTime() - start < settings.warmUp().toNanos()) {
                    var unused = remote.infer(request);
                }
            } catch (IOException | RuntimeException e) {
                // whether it serves is for real requests and the health check to find out
                LOG.debug("{} is not warmed up: {}", order.name(), e.toString());
            }
            return (System.nanoTime() - start) / 1e6;
        }

        private void probe() {
            InferenceClient to = client;
            if (stopping || to == null) {
                return;
            }
            long asked = System.nanoTime();
            String trouble = null;
            try {
                if (!to.isReady(settings.healthTimeout())) {
                    trouble = "it says that it is not ready";
                }
            } catch (IOException | RuntimeException e) {
                if (hasEnded()) {
                    // its end says more
                    return;
                }
                trouble = "it did not answer a health check within " + LocalPlatform.words(settings.healthTimeout());
            }
            // one that answers requests is well, however busy the machine is
            if (trouble != null && answeredNanos - asked < 0) {
                kill(trouble);
            }
        }

        private void exited(Process ofProcess) {
            gone();
            int code = ofProcess.exitValue();
            String cause = killedFor;
            if (cause == null) {
                List<String> said = log.tail();
                cause = code == WorkerCommand.OUT_OF_MEMORY
                        ? "it ran out of memory, with a Java heap of " + settings.workerMemoryMb() + " MB"
                        : (code > 128 ? "it was ended by signal " + (code - 128) : "it ended with code " + code)
                                + (said.isEmpty() ? "" : "; its last line was: " + said.getLast());
            }
            failed(cause);
        }

        /** The process has ended, or never was. */
        private void gone() {
            Future<?> probing = probes;
            if (probing != null) {
                probing.cancel(false);
            }
            InferenceClient open = client;
            if (open != null) {
                open.close();
            }
            children.remove(this);
            ended.countDown();
        }

        private void failed(String cause) {
            if (!stopping && over.compareAndSet(false, true)) {
                listener.failed(cause);
            }
        }

        @Override
        public @Nullable Long pid() {
            Process running = process;
            return running == null ? null : running.pid();
        }

        @Override
        public void stop() {
            if (stopping) {
                return;
            }
            stopping = true;
            Process running = process;
            if (running == null) {
                return;
            }
            Thread.startVirtualThread(() -> {
                try {
                    // it halts when its standard input ends
                    running.getOutputStream().close();
                    if (running.waitFor(HALT_MILLIS, TimeUnit.MILLISECONDS)) {
                        return;
                    }
                } catch (IOException | InterruptedException e) {
                    LOG.debug("{} is ended the hard way: {}", order.name(), e.toString());
                }
                running.destroyForcibly();
            });
        }

        @Override
        public void kill(String cause) {
            Process running = process;
            if (running == null) {
                Thread.startVirtualThread(() -> {
                    failed(cause);
                    stop();
                });
            } else if (running.isAlive()) {
                killedFor = cause;
                running.destroyForcibly();
            }
        }

        void destroy() {
            Process running = process;
            if (running != null) {
                running.destroyForcibly();
            }
        }

        @Override
        public void await(Duration atMost) throws InterruptedException {
            if (!ended.await(atMost.toNanos(), TimeUnit.NANOSECONDS)) {
                LOG.debug("{} has not ended after {}", order.name(), atMost);
            }
        }

        /** Whether the process has ended, or ends within a moment. */
        boolean hasEnded() {
            Process running = process;
            try {
                return running != null && running.waitFor(EXIT_MILLIS, TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
        }
    }

    /** A model in another process. */
    private final class Remote implements Backend {
        private final Child child;
        private final InferenceClient client;
        private final boolean batchable;

        Remote(Child child, InferenceClient client, boolean batchable) {
            this.child = child;
            this.client = client;
            this.batchable = batchable;
        }

        @Override
        public boolean isBatchable() {
            return batchable;
        }

        @Override
        public InferResponse infer(InferRequest request) throws IOException {
            InferRequest binary = binary(request);
            InferResponse response;
            try {
                response = send(binary);
            } catch (WorkerTimeoutException e) {
                throw e;
            } catch (IOException e) {
                if (child.hasEnded()) {
                    throw e;
                }
                // a connection that was kept may have been closed meanwhile, and a model may be asked twice
                response = send(binary);
            }
            child.answeredNanos = System.nanoTime();
            return response;
        }

        private InferResponse send(InferRequest request) throws IOException {
            try {
                return client.infer(child.model, request, settings.inferenceTimeout());
            } catch (IOException e) {
                for (Throwable cause = e; cause != null; cause = cause.getCause()) {
                    if (cause instanceof SocketTimeoutException) {
                        throw new WorkerTimeoutException("worker " + child.order.name() + " did not answer within "
                                + LocalPlatform.words(settings.inferenceTimeout()));
                    }
                }
                throw e;
            } catch (ProtocolException e) {
                throw e;
            } catch (RuntimeException e) {
                // a connection that breaks off in the middle of an answer
                throw new IOException(e.toString(), e);
            }
        }

        /** The same with all tensors in binary, and without what is not the worker's business. */
        private static InferRequest binary(InferRequest request) {
            boolean asIs = request.binaryOutput() && request.parameters().isEmpty();
            for (RequestedOutput output : request.outputs()) {
                asIs &= output.binaryData() == null;
            }
            return asIs
                    ? request
                    : new InferRequest(
                            request.id(),
                            Map.of(),
                            request.inputs(),
                            request.outputs().stream()
                                    .map(output -> new RequestedOutput(output.name(), null))
                                    .toList(),
                            true);
        }

        @Override
        public ModelMetadata metadata() throws IOException {
            ModelMetadata read = client.metadata(child.model, settings.healthTimeout());
            metadata.put(new Network(child.order.variant(), child.order.part()), read);
            return read;
        }
    }
}
