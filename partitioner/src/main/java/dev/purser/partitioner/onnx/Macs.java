package dev.purser.partitioner.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Multiply-accumulate operations of a node: of convolutions, matrix products and recurrent layers. All others count as
 * none, also the bodies of control flow.
 */
final class Macs {
    private final Map<String, List<Long>> shapes;

    /** With the shapes that are known, of weights too. */
    Macs(Map<String, List<Long>> shapes) {
        this.shapes = shapes;
    }

    /** A node's operations; 0 where a shape that they depend on is not known. */
    long of(NodeProto node) {
        return switch (node.getOpType()) {
            case "Conv", "FusedConv", "ConvInteger" -> convolution(node, 1);
            case "QLinearConv" -> convolution(node, 3);
            case "ConvTranspose" -> transposed(node);
            case "MatMul", "FusedMatMul", "MatMulInteger", "DynamicQuantizeMatMul", "MatMulIntegerToFloat" ->
                product(node, flag(node, "transA"));
            case "QLinearMatMul" -> product(node, false);
            case "Gemm", "FusedGemm" -> product(node, flag(node, "transA"));
            case "LSTM" -> recurrent(node, 4);
            case "GRU" -> recurrent(node, 3);
            case "RNN" -> recurrent(node, 1);
            default -> 0;
        };
    }

    /** Whether each channel is convolved for itself, which takes longer per operation. */
    static boolean grouped(NodeProto node) {
        return node.getOpType().contains("Conv") && number(node, "group", 1) > 1;
    }

    /** A kernel for each element of the output, over the channels of its group. */
    private long convolution(NodeProto node, int weight) {
        List<Long> kernel = input(node, weight);
        List<Long> output = output(node);
        if (kernel == null || output == null || kernel.size() < 2) {
            return 0;
        }
        return multiply(Elements.count(output), Elements.count(kernel.subList(1, kernel.size())));
    }

    /** A kernel for each element of the input. */
    private long transposed(NodeProto node) {
        List<Long> input = input(node, 0);
        List<Long> kernel = input(node, 1);
        if (input == null || kernel == null || kernel.size() < 2) {
            return 0;
        }
        return multiply(Elements.count(input), Elements.count(kernel.subList(1, kernel.size())));
    }

    /** The length of a row for each element of the output. */
    private long product(NodeProto node, boolean transposed) {
        List<Long> left = input(node, 0);
        List<Long> output = output(node);
        if (left == null || output == null || left.isEmpty()) {
            return 0;
        }
        long row = left.get(transposed && left.size() > 1 ? left.size() - 2 : left.size() - 1);
        return multiply(Elements.count(output), row);
    }

    /** So many gates, each from the input and the state before, in each step and direction. */
    private long recurrent(NodeProto node, int gates) {
        List<Long> input = input(node, 0);
        List<Long> weight = input(node, 1);
        List<Long> state = input(node, 2);
        if (input == null
                || weight == null
                || state == null
                || input.size() != 3
                || weight.size() != 3
                || state.size() != 3) {
            return 0;
        }
        long steps = multiply(input.get(0), input.get(1));
        long directions = weight.get(0);
        long hidden = state.get(2);
        return multiply(multiply(steps, directions * gates), multiply(hidden, weight.get(2) + hidden));
    }

    /** Saturates: a hostile model can ask for anything. */
    private static long multiply(long a, long b) {
        return Math.multiplyHigh(a, b) == 0 && a * b >= 0 ? a * b : Long.MAX_VALUE / 1_000_000;
    }

    private @Nullable List<Long> input(NodeProto node, int index) {
        return index < node.getInputCount() ? shapes.get(node.getInput(index)) : null;
    }

    private @Nullable List<Long> output(NodeProto node) {
        return node.getOutputCount() > 0 ? shapes.get(node.getOutput(0)) : null;
    }

    private static boolean flag(NodeProto node, String name) {
        return number(node, name, 0) != 0;
    }

    private static long number(NodeProto node, String name, long otherwise) {
        for (AttributeProto attribute : node.getAttributeList()) {
            if (attribute.getName().equals(name)) {
                return attribute.getI();
            }
        }
        return otherwise;
    }
}
