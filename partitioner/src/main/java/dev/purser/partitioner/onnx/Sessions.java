package dev.purser.partitioner.onnx;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import dev.purser.core.InputException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Opens sessions of ONNX Runtime. */
final class Sessions {
    private static final Logger LOG = LoggerFactory.getLogger(Sessions.class);

    private static final int MESSAGE_LIMIT = 600;

    private static final String LARGEST_FOLDED = Long.toString(1L << 28);

    /** Ends runs that take too long. */
    private static final class Watch {
        static final ScheduledExecutorService TIMER = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name("onnx runs").factory());
    }

    private Sessions() {}

    static OrtEnvironment environment() {
        OrtEnvironment environment = OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR, "purser");
        try {
            environment.setTelemetry(false);
        } catch (OrtException e) {
            LOG.debug("telemetry cannot be set: {}", e.getMessage());
        }
        return environment;
    }

    static OrtSession.SessionOptions options(Optimization optimization, int threads) throws OrtException {
        OrtSession.SessionOptions options = new OrtSession.SessionOptions();
        options.setExecutionMode(OrtSession.SessionOptions.ExecutionMode.SEQUENTIAL);
        options.setIntraOpNumThreads(threads);
        options.setInterOpNumThreads(1);
        options.setOptimizationLevel(
                optimization == Optimization.NONE
                        ? OrtSession.SessionOptions.OptLevel.NO_OPT
                        : OrtSession.SessionOptions.OptLevel.ALL_OPT);
        // what goes wrong comes as an exception
        options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);
        options.addConfigEntry("session.intra_op.allow_spinning", "0");
        // a few bytes of a hostile file can stand for a constant that fills the memory
        options.addConfigEntry("optimization.constant_folding_max_output_size_in_bytes", LARGEST_FOLDED);
        return options;
    }

    /** A session, or an exception that names the file. */
    static OrtSession open(Path file, Optimization optimization, int threads) {
        try (OrtSession.SessionOptions options = options(optimization, threads)) {
            return environment().createSession(file.toString(), options);
        } catch (OrtException e) {
            throw refused(file, e);
        }
    }

    /** A run that is ended when it takes longer than so many seconds. */
    static OrtSession.Result run(OrtSession session, Map<String, OnnxTensor> inputs, Path file, int seconds)
            throws OrtException {
        AtomicBoolean ended = new AtomicBoolean();
        try (OrtSession.RunOptions options = new OrtSession.RunOptions()) {
            ScheduledFuture<?> watch = Watch.TIMER.schedule(() -> end(options, ended), seconds, TimeUnit.SECONDS);
            try {
                return session.run(inputs, options);
            } catch (OrtException e) {
                if (ended.get()) {
                    throw new InputException(
                            file.toString(),
                            "",
                            "takes longer than " + seconds
                                    + " s for one run on made-up inputs, and must be run to tell the"
                                    + " shapes of all tensors",
                            "smaller sizes; or, where a value decides how often a loop runs, --input-value NAME=VALUES");
                }
                throw e;
            } finally {
                synchronized (ended) {
                    watch.cancel(false);
                    ended.set(true);
                }
            }
        }
    }

    private static void end(OrtSession.RunOptions options, AtomicBoolean ended) {
        synchronized (ended) {
            try {
                if (!ended.getAndSet(true)) {
                    options.setTerminate(true);
                }
            } catch (OrtException e) {
                LOG.debug("a run cannot be ended: {}", e.getMessage());
            }
        }
    }

    static InputException refused(Path file, OrtException e) {
        return new InputException(
                file.toString(),
                "",
                "cannot be loaded by ONNX Runtime " + environment().getVersion() + ": " + brief(e),
                "");
    }

    static String brief(OrtException e) {
        String message = String.valueOf(e.getMessage());
        return message.length() <= MESSAGE_LIMIT ? message : message.substring(0, MESSAGE_LIMIT) + "...";
    }

    static void close(List<OrtSession> sessions) {
        for (OrtSession session : sessions) {
            try {
                session.close();
            } catch (OrtException e) {
                LOG.debug("a session did not close: {}", e.getMessage());
            }
        }
    }
}
