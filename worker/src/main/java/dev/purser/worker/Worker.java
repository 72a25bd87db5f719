package dev.purser.worker;

import dev.purser.core.InputException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The worker program: loads one model and serves it over the Open Inference Protocol. Its configuration is a file
 * ({@code --config FILE}) or, without arguments, the first line of its standard input. It writes exactly one line to its
 * standard output, a {@link WorkerReport}; everything else goes to standard error. It ends with code 2 when it cannot
 * start, and on SIGTERM once the requests in flight are answered.
 */
public final class Worker {
    private static final Logger LOG = LoggerFactory.getLogger(Worker.class);

    /** The longest configuration, in bytes. */
    private static final int MAX_LINE = 1 << 20;

    /** How long after the end of standard input a SIGTERM may come and still count as the first. */
    private static final Duration MOMENT = Duration.ofMillis(100);

    private static final CountDownLatch STOPPING = new CountDownLatch(1);

    private Worker() {}

    /**
     * Runs until the process is told to end.
     *
     * @param arguments {@code --config FILE}, or none
     */
    public static void main(String[] arguments) {
        double age = ProcessAge.millis();
        long start = System.nanoTime();
        PrintStream report = System.out;
        // no library may write into what the parent reads
        System.setOut(System.err);
        try {
            run(arguments, System.in, report, age, start);
        } catch (Throwable e) {
            String message = e instanceof InputException ? e.getMessage() : e.toString();
            LOG.error("the worker cannot start", e);
            say(report, new WorkerReport(false, null, ProcessHandle.current().pid(), null, message));
            Runtime.getRuntime().halt(2);
        }
    }

    private static void run(String[] arguments, InputStream input, PrintStream report, double age, long start)
            throws IOException, InterruptedException {
        WorkerConfiguration configuration = configuration(arguments, input);
        if (configuration.parentWatch()) {
            watchParent(input);
            ignoreInterrupts();
        }
        // an inference holds the thread under a virtual one, and health must be answered beside it
        int carriers = Runtime.getRuntime().availableProcessors() + configuration.slots();
        System.setProperty("jdk.virtualThreadScheduler.parallelism", Integer.toString(carriers));
        CompletableFuture<WorkerServer> starting = new CompletableFuture<>();
        Thread.ofPlatform().name("http-start").start(() -> {
            try {
                WorkerServer server = new WorkerServer(configuration);
                server.start();
                starting.complete(server);
            } catch (Throwable e) {
                starting.completeExceptionally(e);
            }
        });
        ModelFiles files = configuration.files();
        OnnxRuntime.environment(files);
        if (configuration.source().text() != null) {
            TextEmbeddingModel.loadLibrary(files);
        }
        long runtimeLoaded = System.nanoTime();
        ServedModel model = ServedModel.load(
                configuration.model(),
                configuration.version(),
                configuration.source(),
                null,
                configuration.runtime(),
                files);
        long modelLoaded = System.nanoTime();
        FirstInference.of(model);
        long inferred = System.nanoTime();
        WorkerServer server = await(starting);
        server.serve(model);
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> {
                            STOPPING.countDown();
                            if (!server.stop(configuration.grace())) {
                                LOG.warn("requests were still in flight after {}", configuration.grace());
                            }
                        },
                        "shutdown"));
        WorkerReport.Initialisation times = new WorkerReport.Initialisation(
                age,
                millis(runtimeLoaded - start),
                millis(modelLoaded - runtimeLoaded),
                millis(inferred - modelLoaded),
                age + millis(System.nanoTime() - start));
        say(
                report,
                new WorkerReport(true, server.port(), ProcessHandle.current().pid(), times, null));
        // the server's threads keep the process alive
    }

    private static WorkerServer await(CompletableFuture<WorkerServer> starting) throws InterruptedException {
        try {
            return starting.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof InputException cause) {
                throw cause;
            }
            throw new IllegalStateException("the HTTP server cannot start: " + e.getCause(), e);
        }
    }

    private static double millis(long nanos) {
        return Math.round(nanos / 1e4) / 1e2;
    }

    private static void say(PrintStream out, WorkerReport report) {
        out.print(report.toLine() + "\n");
        out.flush();
    }

    private static WorkerConfiguration configuration(String[] arguments, InputStream input) throws IOException {
        if (arguments.length == 0) {
            return WorkerConfiguration.read("standard input", line(input));
        }
        if (arguments.length == 2 && arguments[0].equals("--config")) {
            Path file = Path.of(arguments[1]);
            if (!Files.isRegularFile(file)) {
                throw new InputException(arguments[1], "--config", "there is no such file", "");
            }
            if (Files.size(file) > MAX_LINE) {
                throw new InputException(arguments[1], "--config", "has more than " + MAX_LINE + " bytes", "");
            }
            return WorkerConfiguration.read(arguments[1], Files.readString(file));
        }
        throw new InputException(
                "arguments",
                "",
                String.join(" ", arguments),
                "--config FILE, or none and a line of JSON on standard input");
    }

    private static String line(InputStream input) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        int next = input.read();
        while (next >= 0 && next != '\n') {
            if (line.size() == MAX_LINE) {
                throw new InputException(
                        "standard input", "", "the first line has more than " + MAX_LINE + " bytes", "");
            }
            line.write(next);
            next = input.read();
        }
        return line.toString(StandardCharsets.UTF_8);
    }

    /** Ends the process with its parent, whatever else it is doing. */
    private static void watchParent(InputStream input) {
        Thread watch = new Thread(
                () -> {
                    byte[] ignored = new byte[256];
                    try {
                        while (input.read(ignored) >= 0) {
                            // the parent says nothing more
                        }
                    } catch (IOException e) {
                        LOG.debug("standard input is closed", e);
                    }
                    if (!isStopping()) {
                        Runtime.getRuntime().halt(0);
                    }
                },
                "parent-watch");
        watch.setDaemon(true);
        watch.start();
    }

    /**
     * Ctrl-C in a terminal goes to every process there, and the parent shall say when this one ends: it lets requests in
     * flight finish first. By reflection, for the compiler warns of this class, which every JDK has.
     */
    private static void ignoreInterrupts() {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            signal.getMethod("handle", signal, handler)
                    .invoke(
                            null,
                            signal.getConstructor(String.class).newInstance("INT"),
                            handler.getField("SIG_IGN").get(null));
        } catch (ReflectiveOperationException e) {
            LOG.debug("interrupts are not ignored", e);
        }
    }

    /**
     * Whether the process has been told to end in order, or is within a moment: whoever does that may close its standard
     * input at the same time, and the requests in flight shall have their grace all the same.
     */
    private static boolean isStopping() {
        try {
            return STOPPING.await(MOMENT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** How long this process has run. */
    static final class ProcessAge {
        private static final int START_FIELD = 20;

        private ProcessAge() {}

        /**
         * Milliseconds since the process started, to ten of them; 0 where the system does not say. The kernel's own clock
         * ticks are read where they can be: the start that Java knows is off by up to a second there.
         */
        static double millis() {
            Double ticks = fromKernel();
            if (ticks != null) {
                return ticks;
            }
            return ProcessHandle.current()
                    .info()
                    .startInstant()
                    .map(instant -> Math.max(0, System.currentTimeMillis() - (double) instant.toEpochMilli()))
                    .orElse(0.0);
        }

        private static @Nullable Double fromKernel() {
            try {
                String stat = Files.readString(Path.of("/proc/self/stat"));
                String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
                double startTicks = Double.parseDouble(fields[START_FIELD - 1]);
                String uptime = Files.readString(Path.of("/proc/uptime")).split(" ")[0];
                return (double) Math.max(0, Math.round((Double.parseDouble(uptime) - startTicks / 100) * 1e3));
            } catch (IOException | RuntimeException e) {
                return null;
            }
        }
    }
}
