package dev.purser.partitioner.onnx;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import dev.purser.core.InputException;
import java.nio.file.Path;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Opens sessions of ONNX Runtime. */
final class Sessions {
    private static final Logger LOG = LoggerFactory.getLogger(Sessions.class);

    private static final int MESSAGE_LIMIT = 600;

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
