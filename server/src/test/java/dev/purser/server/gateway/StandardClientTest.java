package dev.purser.server.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import triton.client.InferInput;
import triton.client.InferRequestedOutput;
import triton.client.InferResult;
import triton.client.InferenceException;
import triton.client.InferenceServerClient;
import triton.client.pojo.DataType;

/** The Java client of NVIDIA Triton, which knows nothing of this server. */
@SuppressWarnings("try") // of the client's close
final class StandardClientTest {
    private final TestGateway gateway = new TestGateway();

    @AfterEach
    void close() {
        gateway.close();
    }

    @Test
    void servesTheClientOfAPeer() throws Exception {
        float[] numbers = new float[2 * 784];
        numbers[7] = 0.125f;
        numbers[784] = 3;
        try (InferenceServerClient client =
                new InferenceServerClient("127.0.0.1:" + gateway.gateway.port(), 10_000, 10_000)) {
            for (boolean binaryInput : new boolean[] {true, false}) {
                for (boolean binaryOutput : new boolean[] {true, false}) {
                    for (String model : List.of("digits", "small")) {
                        InferInput input = new InferInput("input", new long[] {2, 784}, DataType.FP32);
                        input.setData(numbers, binaryInput);
                        InferResult result = client.infer(
                                model, List.of(input), List.of(new InferRequestedOutput("output", binaryOutput)));
                        float[] output = result.getOutputAsFloat("output");
                        assertThat(output).hasSize(20);
                        assertThat(output[7]).isEqualTo(0.125f);
                        assertThat(output[10]).isEqualTo(3);
                        assertThat(result.getResponse().getModelName()).isEqualTo(model);
                    }
                }
            }
        }
    }

    @Test
    void tellsItWhatIsWrong() throws Exception {
        try (InferenceServerClient client =
                new InferenceServerClient("127.0.0.1:" + gateway.gateway.port(), 10_000, 10_000)) {
            client.setRetryCnt(1);
            InferInput input = new InferInput("inptu", new long[] {1, 784}, DataType.FP32);
            input.setData(new float[784], true);
            assertThatThrownBy(() ->
                            client.infer("digits", List.of(input), List.of(new InferRequestedOutput("output", true))))
                    .isInstanceOf(InferenceException.class)
                    .hasStackTraceContaining("it takes 'input' (FP32 [-1, 784])");
        }
    }
}
