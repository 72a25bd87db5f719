package dev.purser.local;

import static dev.purser.local.FakeHost.plusOne;
import static dev.purser.local.FakeHost.request;
import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.worker.protocol.InferRequest;
import dev.purser.worker.protocol.InferResponse;
import dev.purser.worker.protocol.ModelMetadata;
import dev.purser.worker.protocol.ProtocolException;
import dev.purser.worker.protocol.RequestedOutput;
import dev.purser.worker.protocol.Tensor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

/** How the requests of a batch reach a model, and their answers them. */
final class BatchTest {
    /** What a model says. */
    private interface Model {
        InferResponse infer(InferRequest request) throws IOException;
    }

    private final List<InferRequest> asked = new ArrayList<>();

    private Object[] run(Model model, InferRequest... requests) {
        return run(model, 0, requests).results;
    }

    @SuppressWarnings("NullAway") // neither platform nor worker has a part in this
    private Batch run(Model model, int losses, InferRequest... requests) {
        asked.clear();
        Batch batch = new Batch(null, null, 0, requests.length, false);
        for (int i = 0; i < requests.length; i++) {
            batch.calls[i] = new Call(requests[i]);
            batch.calls[i].losses = losses;
        }
        batch.run(new Backend() {
            @Override
            public InferResponse infer(InferRequest request) throws IOException {
                asked.add(request);
                return model.infer(request);
            }

            @Override
            public ModelMetadata metadata() {
                throw new AssertionError("nobody asks for it");
            }
        });
        return batch;
    }

    private static float[] y(Object result) {
        assertThat(result).isInstanceOf(InferResponse.class);
        return ((InferResponse) result).output("y").floats();
    }

    @Test
    void requestsThatFitTogetherAreOne() {
        Object[] results = run(FakeHost::plusOne, request("a", 1), request("b", 2, 3), request("c", 4));
        assertThat(asked).hasSize(1);
        assertThat(asked.getFirst().inputs().getFirst().floats()).containsExactly(1, 2, 3, 4);
        assertThat(y(results[0])).containsExactly(2);
        assertThat(y(results[1])).containsExactly(3, 4);
        assertThat(y(results[2])).containsExactly(5);
        assertThat(((InferResponse) results[1]).id()).isEqualTo("b");
    }

    @Test
    void aSingleRequestGoesAsItIs() {
        InferRequest request = request("a", 1);
        run(FakeHost::plusOne, request);
        assertThat(asked).containsExactly(request);
    }

    @Test
    void othersGoGroupAfterGroup() {
        InferRequest wide = InferRequest.of(Tensor.floats("x", new long[] {1, 2}, 5, 6));
        InferRequest scalar = InferRequest.of(Tensor.floats("x", new long[0], 7));
        InferRequest choosy = new InferRequest(
                "d", Map.of(), request("d", 8).inputs(), List.of(new RequestedOutput("y", null)), true);
        Object[] results = run(FakeHost::plusOne, request("a", 1), wide, request("b", 2), scalar, choosy, scalar);
        assertThat(asked).hasSize(5);
        assertThat(y(results[0])).containsExactly(2);
        assertThat(y(results[1])).containsExactly(6, 7);
        assertThat(y(results[2])).containsExactly(3);
        assertThat(y(results[3])).containsExactly(8);
        assertThat(y(results[4])).containsExactly(9);
        assertThat(y(results[5])).containsExactly(8);
    }

    @Test
    void parametersDoNotKeepRequestsApart() {
        InferRequest hurried = new InferRequest(
                "b", Map.of("max_latency_ms", 5L), request("b", 2).inputs(), List.of(), false);
        run(FakeHost::plusOne, request("a", 1), hurried);
        assertThat(asked).hasSize(1);
    }

    @Test
    void aBadRequestFailsByItself() {
        Model picky = request -> {
            for (float number : request.inputs().getFirst().floats()) {
                if (number < 0) {
                    throw new ProtocolException(400, "a negative number");
                }
            }
            return plusOne(request);
        };
        Object[] results = run(picky, request("a", 1), request("b", -1), request("c", 3));
        assertThat(y(results[0])).containsExactly(2);
        assertThat(results[1])
                .isInstanceOfSatisfying(
                        ProtocolException.class, e -> assertThat(e.status()).isEqualTo(400));
        assertThat(y(results[2])).containsExactly(4);
        assertThat(asked).hasSize(4);
    }

    @Test
    void aModelThatGivesNoRowForARowIsAskedSingly() {
        Model sum = request -> {
            float total = 0;
            for (float number : request.inputs().getFirst().floats()) {
                total += number;
            }
            return new InferResponse(
                    "sum", null, request.id(), Map.of(), List.of(Tensor.floats("y", new long[] {1}, total)));
        };
        Object[] results = run(sum, request("a", 1), request("b", 2));
        assertThat(y(results[0])).containsExactly(1);
        assertThat(y(results[1])).containsExactly(2);
    }

    @Test
    void aModelThatThrowsFailsTheRequestAndNothingElse() {
        Object[] results = run(
                request -> {
                    throw new OutOfMemoryError("for the test");
                },
                request("a", 1),
                request("b", 2));
        assertThat(results)
                .allSatisfy(result -> assertThat(result).isInstanceOfSatisfying(ProtocolException.class, e -> {
                    assertThat(e.status()).isEqualTo(500);
                    assertThat(e.getMessage()).contains("for the test");
                }));
    }

    @Test
    void aTimeoutFailsWhatHasNoAnswerYet() {
        InferRequest wide = InferRequest.of(Tensor.floats("x", new long[] {1, 2}, 5, 6));
        Batch batch = run(
                request -> {
                    if (request.inputs().getFirst().dimension(1) == 2) {
                        throw new Backend.WorkerTimeoutException("too slow");
                    }
                    return plusOne(request);
                },
                0,
                request("a", 1),
                wide);
        assertThat(y(batch.results[0])).containsExactly(2);
        assertThat(batch.results[1])
                .isInstanceOfSatisfying(
                        ProtocolException.class, e -> assertThat(e.status()).isEqualTo(504));
        assertThat(batch.lost).isEqualTo("too slow");
        assertThat(batch.isComplete()).isTrue();
    }

    @Test
    void whatHasAnAnswerWhenTheWorkerIsLostKeepsIt() {
        InferRequest wide = InferRequest.of(Tensor.floats("x", new long[] {1, 2}, 5, 6));
        Batch batch = run(
                request -> {
                    if (request.inputs().getFirst().dimension(1) == 2) {
                        throw new IOException("gone");
                    }
                    return plusOne(request);
                },
                0,
                request("a", 1),
                wide);
        assertThat(y(batch.results[0])).containsExactly(2);
        assertThat(batch.results[1]).isNull();
        assertThat(batch.lost).isEqualTo("gone");
        assertThat(batch.isComplete()).isFalse();
    }

    @Test
    void thoseThatLostAWorkerGoSinglyAndEachNeighbourComesBeforeTheOneThatKills() {
        Model deadly = request -> {
            if ("b".equals(request.id())) {
                throw new IOException("gone");
            }
            return plusOne(request);
        };
        Batch once = run(deadly, 1, request("a", 1), request("b", 2), request("c", 3));
        assertThat(once.results[0]).isNotNull();
        assertThat(once.results[1]).isNull();
        assertThat(once.results[2]).isNull();
        Batch twice = run(deadly, 2, request("a", 1), request("b", 2), request("c", 3));
        assertThat(twice.results[0]).isNull();
        assertThat(twice.results[1]).isNull();
        assertThat(twice.results[2]).isNotNull();
    }

    @RepeatedTest(20)
    void eachCallerGetsItsOwn(RepetitionInfo repetition) {
        long seed = repetition.getCurrentRepetition();
        Random random = new Random(seed);
        InferRequest[] requests = new InferRequest[1 + random.nextInt(20)];
        for (int i = 0; i < requests.length; i++) {
            int rows = random.nextInt(4);
            int columns = 1 + random.nextInt(3);
            float[] values = new float[rows * columns];
            for (int v = 0; v < values.length; v++) {
                values[v] = random.nextInt(10_000);
            }
            requests[i] = new InferRequest(
                    "r" + i,
                    Map.of(),
                    List.of(Tensor.floats("x", new long[] {rows, columns}, values)),
                    List.of(),
                    true);
        }
        Object[] results = run(
                request -> {
                    if (random.nextInt(5) == 0) {
                        throw new ProtocolException(500, "by chance");
                    }
                    return plusOne(request);
                },
                requests);
        for (int i = 0; i < requests.length; i++) {
            if (results[i] instanceof InferResponse response) {
                assertThat(response.id()).as("seed " + seed).isEqualTo("r" + i);
                assertThat(response.outputs())
                        .as("seed " + seed)
                        .isEqualTo(plusOne(requests[i]).outputs());
            } else {
                assertThat(results[i]).as("seed " + seed).isInstanceOf(ProtocolException.class);
            }
        }
    }
}
