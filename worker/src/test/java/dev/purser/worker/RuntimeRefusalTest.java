package dev.purser.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.purser.worker.protocol.ProtocolException;
import dev.purser.worker.protocol.Tensor;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Inputs that a network's declaration allows, and its operators do not take. */
final class RuntimeRefusalTest {
    @TempDir
    private Path directory;

    private void refused(Path onnx, Tensor input, String... said) {
        try (OnnxModel model =
                OnnxModel.load("m", null, onnx, RuntimeSettings.ofThreads(1), ModelFiles.inUserCache())) {
            assertThatThrownBy(() -> model.infer(List.of(input), List.of()))
                    .isInstanceOfSatisfying(
                            ProtocolException.class,
                            e -> assertThat(e.status()).as(e.getMessage()).isEqualTo(400))
                    .hasMessageContainingAll(said)
                    .hasMessageContaining("input '" + input.name() + "' of " + input.datatype())
                    .satisfies(e -> assertThat(e.getMessage())
                            .doesNotContain("onnxruntime")
                            .doesNotContain(".cc")
                            .doesNotContain(".h:")
                            .doesNotContain("::")
                            .doesNotContain(directory.toString()));
        }
    }

    @Test
    void shapesAndValuesThatTheOperatorsDoNotTakeAreTheSendersFault() {
        refused(
                TestModels.reticent(directory),
                Tensor.floats("x", new long[] {1, 2}, 1, 2),
                "model 'm' does not take input 'x' of FP32 [1, 2]: MatMul node 'y'");
        refused(TestModels.lookup(directory), Tensor.longs("row", new long[] {1}, 4), "Gather", "out of data bounds");
        Path reshape = new OnnxGraph("reshape")
                .input("x", OnnxGraph.FLOAT, -1)
                .output("y", OnnxGraph.FLOAT, -1, 2)
                .longs("pairs", new long[] {2}, -1, 2)
                .node("Reshape", new String[] {"x", "pairs"}, "y")
                .write(directory.resolve("reshape.onnx"));
        refused(reshape, Tensor.floats("x", new long[] {3}, 1, 2, 3), "Reshape node 'y'", "requested shape");
        Path free = new OnnxGraph("free")
                .free("x", OnnxGraph.FLOAT)
                .output("y", OnnxGraph.FLOAT, -1)
                .longs("axes", new long[] {1}, 2)
                .node("Squeeze", new String[] {"x", "axes"}, "y")
                .write(directory.resolve("free.onnx"));
        refused(free, Tensor.floats("x", new long[] {1, 1}, 1), "Squeeze node 'y'");
        Path add = new OnnxGraph("add")
                .input("x", OnnxGraph.FLOAT, -1, -1)
                .output("y", OnnxGraph.FLOAT, -1, -1)
                .weights("w", new long[] {3}, 1, 2, 3)
                .node("Add", new String[] {"x", "w"}, "y")
                .write(directory.resolve("broadcast.onnx"));
        refused(add, Tensor.floats("x", new long[] {1, 2}, 1, 2), "Add node 'y'");
        Path convolution = new OnnxGraph("conv")
                .input("x", OnnxGraph.FLOAT, -1, -1, -1, -1)
                .output("y", OnnxGraph.FLOAT, -1, -1, -1, -1)
                .weights("w", new long[] {1, 3, 1, 1}, 1, 2, 3)
                .node("Conv", new String[] {"x", "w"}, "y")
                .write(directory.resolve("conv.onnx"));
        refused(convolution, Tensor.floats("x", new long[] {1, 2, 1, 1}, 1, 2), "Conv node 'y", "channels");
    }

    @Test
    void placesInTheRuntimesSourceAreLeftOut() {
        assertThat(
                        RuntimeRefusal.words(
                                "/onnxruntime_src/onnxruntime/core/providers/cpu/tensor/reshape_helper.h:45"
                                        + " onnxruntime::ReshapeHelper::ReshapeHelper(const onnxruntime::TensorShape&, bool)"
                                        + " input_shape_size == size was false. The input tensor cannot be reshaped. Input shape:{3}\n"))
                .isEqualTo("The input tensor cannot be reshaped. Input shape:{3}");
        assertThat(RuntimeRefusal.words(
                        "/onnxruntime_src/core/element_wise_ops.h:560 void onnxruntime::BroadcastIterator::Append(ptrdiff_t,"
                                + " ptrdiff_t) axis == 1 || axis == largest was false. Attempting to broadcast an axis by a"
                                + " dimension other than 1. 3 by 2"))
                .isEqualTo("Attempting to broadcast an axis by a dimension other than 1. 3 by 2");
        assertThat(RuntimeRefusal.words("matmul_helper.h:59 Compute MatMul dimension mismatch"))
                .isEqualTo("MatMul dimension mismatch");
        assertThat(RuntimeRefusal.words("indices element out of data bounds, idx=4"))
                .startsWith("indices element");
    }
}
