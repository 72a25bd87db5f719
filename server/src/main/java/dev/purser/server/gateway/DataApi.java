package dev.purser.server.gateway;

import com.fasterxml.jackson.databind.JsonNode;
import dev.purser.core.InputException;
import dev.purser.core.Names;
import dev.purser.core.engine.Outcome;
import dev.purser.core.json.Json;
import dev.purser.local.Answer;
import dev.purser.local.LocalState;
import dev.purser.server.gateway.ModelDirectory.Model;
import dev.purser.server.gateway.Promises.Kind;
import dev.purser.worker.protocol.EncodedMessage;
import dev.purser.worker.protocol.InferRequest;
import dev.purser.worker.protocol.InferResponse;
import dev.purser.worker.protocol.InferenceCodec;
import dev.purser.worker.protocol.MetadataCodec;
import dev.purser.worker.protocol.ProtocolException;
import dev.purser.worker.protocol.RepositoryEntry;
import dev.purser.worker.protocol.ServerMetadata;
import dev.purser.worker.protocol.Tensor;
import io.helidon.common.buffers.DataReader;
import io.helidon.http.Header;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.HttpPrologue;
import io.helidon.http.Method;
import io.helidon.http.RequestException;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.UncheckedIOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/** The data port: the Open Inference Protocol (KServe v2), model-less inference, and feedback. */
final class DataApi implements Handler {
    static final String SERVER = "purser";

    private static final Logger LOG = LoggerFactory.getLogger(DataApi.class);
    private static final HeaderName INFERENCE_HEADER = HeaderNames.create(InferenceCodec.HEADER);
    private static final HeaderName API_KEY = HeaderNames.create("X-API-Key");
    private static final HeaderName TRACE_PARENT = HeaderNames.create("traceparent");
    private static final HeaderName TRACE_STATE = HeaderNames.create("tracestate");
    private static final Header BINARY =
            HeaderValues.createCached(HeaderNames.CONTENT_TYPE, "application/octet-stream");
    private static final byte[] LIVE = "{\"live\":true}".getBytes(StandardCharsets.UTF_8);
    private static final byte[] READY = "{\"ready\":true}".getBytes(StandardCharsets.UTF_8);
    private static final byte[] EMPTY = "{}".getBytes(StandardCharsets.UTF_8);
    private static final String TRACE_ID = "trace_id";

    /** Bodies that are no inference are short. */
    private static final int SHORT_BODY = 64 << 10;

    private static final List<String> PLACES = List.of(
            "GET /v2",
            "GET /v2/health/live",
            "GET /v2/health/ready",
            "GET /v2/models/NAME[/versions/1]",
            "GET /v2/models/NAME[/versions/1]/ready",
            "POST /v2/models/NAME[/versions/1]/infer",
            "POST /v2/models/NAME/feedback",
            "POST /v2/repository/index");

    private final Backend backend;
    private final ModelDirectory models;
    private final Promises promises;
    private final Admission admission;
    private final Bodies bodies;
    private final Patience patience;
    private final int maxBody;
    private final @Nullable ApiKeys keys;
    private final Traffic traffic;
    private final Meters meters;
    private final String version;
    private final RecentAnswers recent = new RecentAnswers();

    DataApi(
            Backend backend,
            ModelDirectory models,
            Promises promises,
            Admission admission,
            Patience patience,
            int maxBody,
            @Nullable ApiKeys keys,
            Traffic traffic,
            Meters meters,
            String version) {
        this.backend = backend;
        this.models = models;
        this.promises = promises;
        this.admission = admission;
        this.patience = patience;
        this.maxBody = maxBody;
        this.keys = keys;
        this.traffic = traffic;
        this.meters = meters;
        this.version = version;
        bodies = new Bodies(maxBody, patience);
    }

    @Override
    public void handle(ServerRequest request, ServerResponse response) {
        if (admission.draining()) {
            response.header(HeaderValues.CONNECTION_CLOSE);
        }
        TraceContext trace = TraceContext.of(header(request, TRACE_PARENT), header(request, TRACE_STATE));
        if (trace == null) {
            answer(request, response);
            return;
        }
        response.header(TRACE_PARENT, trace.parent());
        if (trace.state() != null) {
            response.header(TRACE_STATE, trace.state());
        }
        MDC.put(TRACE_ID, trace.traceId());
        try {
            answer(request, response);
        } finally {
            MDC.remove(TRACE_ID);
        }
    }

    private static @Nullable String header(ServerRequest request, HeaderName name) {
        return request.headers().first(name).orElse(null);
    }

    private void answer(ServerRequest request, ServerResponse response) {
        try {
            route(request, response);
        } catch (Refusal e) {
            boolean later = e.status() == 429 || e.status() == 503;
            meters.turnedBack(
                    later ? Meters.End.TURNED_AWAY : e.status() == 408 ? Meters.End.GONE : Meters.End.INVALID);
            if (later) {
                traffic.turnedAway();
            } else {
                traffic.invalid();
            }
            refuse(request, response, e.status(), e.getMessage(), e.retryAfter());
        } catch (ProtocolException e) {
            meters.turnedBack(Meters.End.INVALID);
            traffic.invalid();
            refuse(request, response, e.status(), e.getMessage(), e.status() == 503 ? 5 : 0);
        } catch (RequestException e) {
            // no proper HTTP, so that nothing after it can be read
            meters.turnedBack(Meters.End.INVALID);
            traffic.invalid();
            response.header(HeaderValues.CONNECTION_CLOSE);
            HttpReply.error(
                    response,
                    e.status().code(),
                    e.status().code() == 413 ? HttpReply.tooLong(maxBody) : String.valueOf(e.getMessage()),
                    0);
        } catch (CloseConnectionException | UncheckedIOException | DataReader.InsufficientDataAvailableException e) {
            LOG.debug("A client went away", e);
            meters.turnedBack(Meters.End.GONE);
            throw e;
        } catch (RuntimeException e) {
            LOG.error("A request could not be dealt with", e);
            if (response.isSent()) {
                throw e;
            }
            refuse(request, response, 500, "internal error; the server's log says more", 0);
        }
    }

    private void refuse(ServerRequest request, ServerResponse response, int status, String message, int retryAfter) {
        bodies.answerUnread(request, response, () -> HttpReply.error(response, status, message, retryAfter));
    }

    private void route(ServerRequest request, ServerResponse response) {
        HttpPrologue prologue = request.prologue();
        if (keys != null && !keys.admit(header(request, HeaderNames.AUTHORIZATION), header(request, API_KEY))) {
            throw Refusal.of(
                    401, "this server asks for an API key: send it as 'Authorization: Bearer KEY' or 'X-API-Key: KEY'");
        }
        String path = prologue.uriPath().rawPath();
        boolean get = prologue.method().equals(Method.GET) || prologue.method().equals(Method.HEAD);
        List<String> parts = parts(path);
        switch (parts.isEmpty() || !parts.getFirst().equals("v2") ? "" : parts.size() == 1 ? "v2" : parts.get(1)) {
            case "v2" -> {
                require(get, response, "GET");
                HttpReply.json(
                        response,
                        MetadataCodec.write(new ServerMetadata(
                                SERVER,
                                version,
                                List.of(ServerMetadata.BINARY_TENSOR_DATA, ServerMetadata.MODEL_REPOSITORY))));
            }
            case "health" -> health(parts, path, get, response);
            case "models" -> model(parts, path, get, request, response);
            case "repository" -> {
                if (parts.size() != 3 || !parts.get(2).equals("index")) {
                    throw nowhere(path);
                }
                require(prologue.method().equals(Method.POST), response, "POST");
                index(request, response);
            }
            default -> throw nowhere(path);
        }
    }

    private static List<String> parts(String path) {
        List<String> parts = new ArrayList<>(6);
        int from = 1;
        while (from < path.length()) {
            int slash = path.indexOf('/', from);
            int to = slash < 0 ? path.length() : slash;
            String part = path.substring(from, to);
            // a plus sign is a plus sign in a path
            parts.add(
                    part.indexOf('%') < 0 ? part : URLDecoder.decode(part.replace("+", "%2B"), StandardCharsets.UTF_8));
            from = to + 1;
        }
        return parts;
    }

    private static Refusal nowhere(String path) {
        return Refusal.of(
                404,
                "there is nothing at " + ModelDirectory.brief(path) + "; this server has " + String.join(", ", PLACES));
    }

    private static void require(boolean right, ServerResponse response, String allowed) {
        if (!right) {
            response.header(HeaderNames.ALLOW, allowed);
            throw Refusal.of(405, "here the method must be " + allowed);
        }
    }

    private void health(List<String> parts, String path, boolean get, ServerResponse response) {
        switch (parts.size() == 3 ? parts.get(2) : "") {
            case "live" -> {
                require(get, response, "GET");
                HttpReply.json(response, LIVE);
            }
            case "ready" -> {
                require(get, response, "GET");
                if (admission.draining()) {
                    HttpReply.error(response, 503, "the server is shutting down", 5);
                } else if (backend.ready()) {
                    HttpReply.json(response, READY);
                } else {
                    HttpReply.error(response, 503, "the first workers are still starting", 1);
                }
            }
            default -> throw nowhere(path);
        }
    }

    private void model(List<String> parts, String path, boolean get, ServerRequest request, ServerResponse response) {
        if (parts.size() < 3) {
            throw nowhere(path);
        }
        boolean versioned = parts.size() > 4 && parts.get(3).equals("versions");
        int after = versioned ? 5 : 3;
        Model model = models.find(parts.get(2), versioned ? parts.get(4) : null);
        switch (parts.size() == after ? "" : parts.size() == after + 1 ? parts.get(after) : "?") {
            case "infer" -> {
                require(request.prologue().method().equals(Method.POST), response, "POST");
                try (Admission.Ticket ticket = admission.enter()) {
                    infer(model, request, response, ticket);
                }
            }
            case "" -> {
                require(get, response, "GET");
                HttpReply.json(response, MetadataCodec.write(models.metadata(model)));
            }
            case "ready" -> {
                require(get, response, "GET");
                String why = unready(model, backend.state());
                if (why == null) {
                    HttpReply.json(response, READY);
                } else {
                    HttpReply.error(response, 503, why, 1);
                }
            }
            case "feedback" -> {
                require(request.prologue().method().equals(Method.POST), response, "POST");
                try (Admission.Ticket ticket = admission.enter()) {
                    feedback(model, request, response, ticket);
                }
            }
            default -> throw nowhere(path);
        }
    }

    private void infer(Model model, ServerRequest http, ServerResponse response, Admission.Ticket ticket) {
        byte[] body = bodies.read(http, maxBody, ticket);
        String header = header(http, INFERENCE_HEADER);
        InferRequest request =
                InferenceCodec.readRequest(body, header == null ? -1 : InferenceCodec.jsonLength(header, body.length));
        if (header == null) {
            // what was JSON is needed no more; binary tensors are views of the body
            long bytes = 0;
            for (Tensor input : request.inputs()) {
                bytes += input.byteSize();
            }
            ticket.hold(bytes);
        }
        models.check(model, request);
        Kind kind = promises.of(model, request.parameters());
        Answer answer = await(backend.infer(kind.index(), request));
        traffic.ended(kind, model.name(), answer);
        meters.ended(kind, answer);
        InferResponse result = answer.response();
        if (answer.outcome() != Outcome.ANSWERED || result == null) {
            LOG.debug("{} of class '{}' ended {}: {}", model.name(), kind.name(), answer.outcome(), answer.cause());
            HttpReply.error(response, answer.status(), cause(answer), retryAfter(answer.status()));
            return;
        }
        LOG.debug("{} of class '{}' was answered by variant {}", model.name(), kind.name(), answer.variant());
        if (request.id() != null) {
            recent.answered(request.id(), answer.variant());
        }
        send(
                response,
                InferenceCodec.writeResponse(
                        new InferResponse(
                                model.name(),
                                ModelDirectory.VERSION,
                                request.id(),
                                account(model, answer, result.parameters()),
                                result.outputs()),
                        request::wantsBinary));
    }

    private static Answer await(Future<Answer> answer) {
        try {
            return answer.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CloseConnectionException("the server was stopped before the request had ended");
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e);
        }
    }

    private static String cause(Answer answer) {
        String cause = answer.cause() == null ? answer.reason().words() : answer.cause();
        return answer.outcome() == Outcome.REFUSED
                ? "refused (" + answer.reason().code() + "): " + cause
                : cause;
    }

    private static int retryAfter(int status) {
        return status == 429 ? 1 : status == 503 ? 2 : 0;
    }

    /** What the response says of how it came about. */
    private Map<String, Object> account(Model model, Answer answer, Map<String, Object> ofModel) {
        Map<String, Object> account = new HashMap<>(ofModel);
        account.put("variant", backend.catalog().variantName(answer.variant()));
        account.put("latency_ms", milliseconds(answer.latencyNanos()));
        account.put("queue_ms", milliseconds(answer.queuedNanos()));
        account.put("inference_ms", milliseconds(answer.inferenceNanos()));
        if (model.variant() < 0) {
            account.put("selection_reason", answer.reason().code());
        }
        Answer.Served served = answer.served();
        if (served != null) {
            account.put("platform", served.place().name().toLowerCase(Locale.ROOT));
            account.put("server", served.name());
            account.put("reason", served.reason().code());
            account.put("cold_start", served.coldStart());
            account.put("batch", (long) served.batch());
            if (served.parts() > 1) {
                account.put("parts", (long) served.parts());
                account.put("cold_parts", (long) served.coldParts());
            }
        }
        return account;
    }

    /** To the microsecond. */
    private static double milliseconds(long nanos) {
        return Math.round(nanos / 1e3) / 1e3;
    }

    private void send(ServerResponse response, EncodedMessage message) {
        if (message.jsonLength() >= 0) {
            response.header(INFERENCE_HEADER, Integer.toString(message.jsonLength()));
            response.header(BINARY);
        } else {
            response.header(HttpReply.JSON);
        }
        patience.during(() -> response.send(message.body()));
    }

    /** Why a model is not ready; null where it is. */
    private @Nullable String unready(Model model, LocalState state) {
        if (admission.draining()) {
            return "the server is shutting down";
        }
        if (!backend.ready()) {
            return "the first workers are still starting";
        }
        boolean any = false;
        String failure = null;
        for (LocalState.Launches launches : state.fleets()) {
            int variant = launches.place() == Answer.Place.INSTANCE
                    ? backend.catalog().variantOfFleet(launches.owner())
                    : backend.catalog().variantOfFunction(launches.owner());
            if (model.variant() < 0 || variant == model.variant()) {
                if (!launches.broken()) {
                    return null;
                }
                any = true;
                failure = launches.lastFailure();
            }
        }
        // what was never started may yet be
        return any ? "its workers do not start: " + failure : null;
    }

    private void index(ServerRequest request, ServerResponse response) {
        boolean onlyReady = false;
        try (Admission.Ticket ticket = admission.enter()) {
            byte[] body = bodies.read(request, SHORT_BODY, ticket);
            if (body.length > 0) {
                onlyReady = parse(body).path("ready").asBoolean(false);
            }
        }
        LocalState state = backend.state();
        List<RepositoryEntry> entries = new ArrayList<>();
        for (Model model : models.all()) {
            String why = unready(model, state);
            if (why == null || !onlyReady) {
                entries.add(new RepositoryEntry(
                        model.name(), ModelDirectory.VERSION, why == null ? "READY" : "UNAVAILABLE", why));
            }
        }
        HttpReply.json(response, MetadataCodec.write(entries));
    }

    private static JsonNode parse(byte[] body) {
        try {
            return Json.parse("the body", new String(body, StandardCharsets.UTF_8));
        } catch (InputException e) {
            throw Refusal.of(400, String.valueOf(e.getMessage()));
        }
    }

    private void feedback(Model model, ServerRequest request, ServerResponse response, Admission.Ticket ticket) {
        JsonNode json = parse(bodies.read(request, SHORT_BODY, ticket));
        List<String> known = List.of("request_id", "variant", "correct");
        if (!json.isObject()) {
            throw Refusal.of(400, "the body must be an object with correct, and request_id or variant");
        }
        json.fieldNames().forEachRemaining(name -> {
            if (!known.contains(name)) {
                throw Refusal.of(
                        400,
                        "there is no field '" + ModelDirectory.brief(name) + "'; maybe: "
                                + Names.suggest("field", known, ModelDirectory.brief(name)));
            }
        });
        JsonNode correct = json.path("correct");
        if (!correct.isBoolean()) {
            throw Refusal.of(400, "'correct' must be true or false");
        }
        int variant = variant(model, json);
        backend.query(engine -> {
                    engine.feedback(variant, correct.booleanValue());
                    return true;
                })
                .join();
        HttpReply.json(response, EMPTY);
    }

    private int variant(Model model, JsonNode json) {
        JsonNode id = json.path("request_id");
        JsonNode name = json.path("variant");
        if (id.isMissingNode() == name.isMissingNode()) {
            throw Refusal.of(400, "give either 'request_id', the id of an answered request, or 'variant', its name");
        }
        if (!(id.isMissingNode() ? name : id).isTextual()) {
            throw Refusal.of(400, "'request_id' and 'variant' must be texts");
        }
        int variant;
        if (name.isMissingNode()) {
            Integer answered = recent.variant(id.textValue());
            if (answered == null) {
                throw Refusal.of(
                        404,
                        "no request with the id '" + ModelDirectory.brief(id.textValue())
                                + "' is among the last " + RecentAnswers.CAPACITY
                                + " answered ones; name the variant instead, which the response gave");
            }
            variant = answered;
        } else {
            Model named = models.find(name.textValue(), null);
            if (named.variant() < 0) {
                throw Refusal.of(
                        404, "'" + named.name() + "' is the application; name the variant, which the response gave");
            }
            variant = named.variant();
        }
        if (model.variant() >= 0 && model.variant() != variant) {
            throw Refusal.of(
                    400,
                    "the answer was by '" + backend.catalog().variantName(variant) + "', but the feedback is for '"
                            + model.name() + "'");
        }
        return variant;
    }
}
