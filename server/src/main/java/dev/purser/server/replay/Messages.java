package dev.purser.server.replay;

import com.google.common.net.UrlEscapers;
import dev.purser.core.InputException;
import dev.purser.core.workload.RequestClass;
import dev.purser.core.workload.Slo;
import dev.purser.worker.protocol.EncodedMessage;
import dev.purser.worker.protocol.InferRequest;
import dev.purser.worker.protocol.InferenceCodec;
import dev.purser.worker.protocol.ProtocolException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The bodies that are sent, encoded beforehand: for each class each of the inputs, with what the class is promised. */
final class Messages {
    /** All bodies together; of what does not fit only the first inputs are sent. */
    private static final long MAX_BYTES = 64 << 20;

    private final EncodedMessage[][] messages;
    private final String[] paths;

    Messages(String model, List<RequestClass> classes, List<InferRequest> inputs, boolean binary) {
        messages = new EncodedMessage[classes.size()][];
        paths = new String[classes.size()];
        int count = inputs.size();
        for (int c = 0; c < messages.length; c++) {
            RequestClass requestClass = classes.get(c);
            paths[c] = path(requestClass.variant() == null ? model : requestClass.variant());
            EncodedMessage first = encode(inputs.getFirst(), requestClass, binary);
            count = Math.clamp(MAX_BYTES / messages.length / first.body().length, 1, count);
            messages[c] = new EncodedMessage[count];
            for (int i = 0; i < count; i++) {
                messages[c][i] = encode(inputs.get(i), requestClass, binary);
            }
        }
    }

    /** Where a model's inferences are asked for. */
    static String path(String model) {
        return "/v2/models/" + UrlEscapers.urlPathSegmentEscaper().escape(model) + "/infer";
    }

    private static EncodedMessage encode(InferRequest input, RequestClass requestClass, boolean binary) {
        Map<String, Object> parameters = new TreeMap<>(input.parameters());
        parameters.putAll(parameters(requestClass.slo()));
        try {
            return InferenceCodec.writeRequest(
                    new InferRequest(input.id(), parameters, input.inputs(), input.outputs(), binary), binary);
        } catch (ProtocolException e) {
            throw new InputException("--input", "", e.getMessage(), "send it with --binary");
        }
    }

    /** A promise as the gateway reads it; nothing where nothing is promised. */
    static Map<String, Object> parameters(Slo slo) {
        Map<String, Object> parameters = new TreeMap<>();
        if (slo.maxLatency() != null) {
            parameters.put("max_latency_ms", milliseconds(slo.maxLatency()));
        }
        put(parameters, "min_accuracy", slo.minAccuracy());
        put(parameters, "max_cost_usd_per_1k", slo.maxCostUsdPer1k());
        if (!parameters.isEmpty()) {
            parameters.put("urgency", slo.urgency() == Slo.Urgency.STRICT ? "strict" : "relaxed");
        }
        return parameters;
    }

    private static Object milliseconds(Duration time) {
        long nanos = time.toNanos();
        if (nanos % 1_000_000 == 0) {
            return nanos / 1_000_000;
        }
        return nanos / 1e6;
    }

    private static void put(Map<String, Object> parameters, String name, @Nullable Double value) {
        if (value != null) {
            parameters.put(name, value);
        }
    }

    String path(int requestClass) {
        return paths[requestClass];
    }

    EncodedMessage message(int requestClass, long number) {
        EncodedMessage[] ofClass = messages[requestClass];
        return ofClass[(int) (number % ofClass.length)];
    }
}
