package dev.purser.benchmarks.serving;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.purser.worker.protocol.InferenceCodec;
import io.vertx.core.AbstractVerticle;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The peer without features: an event loop that answers inference requests by calling ONNX Runtime inline. It takes the
 * shape and the floats out of a request, in binary or JSON, and checks nothing; whoever is waiting behind a slow model
 * waits. What a server costs beyond this is what its features cost.
 */
final class EventLoopServer implements AutoCloseable {
    private static final JsonFactory JSON = new JsonFactory();
    private static final int MAX_RANK = 8;
    /** Any free port, the same for all that say this. */
    private static final int SHARED = -1;

    private final Vertx vertx;
    private final int port;

    /** Starts it on a free port of the loopback interface. */
    EventLoopServer(Path model, int loops) {
        vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(loops));
        AtomicInteger bound = new AtomicInteger();
        try {
            vertx.deployVerticle(() -> new Loop(model, bound), new DeploymentOptions().setInstances(loops))
                    .toCompletionStage()
                    .toCompletableFuture()
                    .join();
        } catch (RuntimeException e) {
            close();
            throw e;
        }
        port = bound.get();
    }

    int port() {
        return port;
    }

    @Override
    public void close() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    /** What was taken out of a request. */
    private static final class Parsed {
        private long[] shape = new long[0];
        private int floats;
    }

    private static final class Loop extends AbstractVerticle {
        private final Path file;
        private final AtomicInteger port;
        private final RawModel model;
        private ByteBuffer rows = RawModel.direct(1 << 12);
        private byte[] copy = new byte[0];

        Loop(Path file, AtomicInteger port) {
            this.file = file;
            this.port = port;
            model = new RawModel(file);
        }

        @Override
        public void start(Promise<Void> started) {
            vertx.createHttpServer()
                    .requestHandler(this::handle)
                    .listen(SHARED, "127.0.0.1")
                    .onSuccess(server -> {
                        port.set(server.actualPort());
                        started.complete();
                    })
                    .onFailure(started::fail);
        }

        @Override
        public void stop() {
            model.close();
        }

        private void handle(HttpServerRequest request) {
            if ("/v2/health/ready".equals(request.path())) {
                request.response().end();
                return;
            }
            String jsonLength = request.getHeader(InferenceCodec.HEADER);
            request.body().onSuccess(body -> {
                try {
                    infer(body, jsonLength == null ? -1 : Integer.parseInt(jsonLength), request.response());
                } catch (IOException | RuntimeException e) {
                    request.response().setStatusCode(400).end(file + " cannot answer this: " + e.getMessage());
                }
            });
        }

        private void infer(Buffer body, int jsonLength, HttpServerResponse response) throws IOException {
            boolean binary = jsonLength >= 0;
            if (copy.length < body.length()) {
                copy = new byte[body.length()];
                rows = RawModel.direct(body.length());
            }
            body.getBytes(copy);
            Parsed parsed = parse(binary ? jsonLength : body.length());
            rows.clear();
            if (binary) {
                rows.put(copy, jsonLength, body.length() - jsonLength).flip();
            } else {
                rows.limit(parsed.floats * Float.BYTES);
            }
            float[] answer = model.run(rows, parsed.shape);
            long answers = parsed.shape[0];
            StringBuilder json = new StringBuilder(160)
                    .append("{\"model_name\":\"peer\",\"outputs\":[{\"name\":\"")
                    .append(model.output())
                    .append("\",\"datatype\":\"FP32\",\"shape\":[")
                    .append(answers)
                    .append(',')
                    .append(answer.length / answers);
            if (!binary) {
                json.append("],\"data\":[");
                for (int i = 0; i < answer.length; i++) {
                    json.append(i == 0 ? "" : ",").append(answer[i]);
                }
                response.putHeader("Content-Type", "application/json")
                        .end(json.append("]}]}").toString());
                return;
            }
            json.append("],\"parameters\":{\"binary_data_size\":")
                    .append(answer.length * Float.BYTES)
                    .append("}}]}");
            byte[] head = json.toString().getBytes(StandardCharsets.UTF_8);
            Buffer out =
                    Buffer.buffer(head.length + answer.length * Float.BYTES).appendBytes(head);
            for (float value : answer) {
                out.appendFloatLE(value);
            }
            response.putHeader("Content-Type", "application/octet-stream")
                    .putHeader(InferenceCodec.HEADER, Integer.toString(head.length))
                    .end(out);
        }

        /** The first input's shape, and its data where it is here. */
        private Parsed parse(int length) throws IOException {
            Parsed parsed = new Parsed();
            try (JsonParser parser = JSON.createParser(copy, 0, length)) {
                while (parser.nextToken() != null) {
                    if (parser.currentToken() != JsonToken.FIELD_NAME) {
                        continue;
                    }
                    switch (parser.currentName()) {
                        case "shape" -> {
                            long[] shape = new long[MAX_RANK];
                            int rank = 0;
                            parser.nextToken();
                            while (parser.nextToken() != JsonToken.END_ARRAY) {
                                shape[rank++] = parser.getLongValue();
                            }
                            parsed.shape = Arrays.copyOf(shape, rank);
                        }
                        case "data" -> {
                            parser.nextToken();
                            while (parser.nextToken() != JsonToken.END_ARRAY) {
                                rows.putFloat(parsed.floats++ * Float.BYTES, parser.getFloatValue());
                            }
                        }
                        default -> {}
                    }
                }
            }
            return parsed;
        }
    }
}
