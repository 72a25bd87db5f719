package dev.purser.partitioner.onnx;

import static dev.purser.partitioner.onnx.TestGraph.BOOL;
import static dev.purser.partitioner.onnx.TestGraph.FLOAT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.onnx.proto.OnnxMl.GraphProto;
import dev.purser.core.InputException;
import dev.purser.core.partition.Layer;
import dev.purser.core.partition.LayerGraph;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class LayerTimesTest {
    @TempDir
    Path folder;

    private OnnxGraph graph(TestGraph graph) {
        return OnnxGraph.of(OnnxModel.read(graph.write(folder.resolve("net.onnx"))), InputShapes.NONE);
    }

    @ParameterizedTest
    @EnumSource(Optimization.class)
    void eachLayerGetsItsOwnTimeWhateverItIsCalled(Optimization optimization) {
        // names that the profiler would mix up, and none at all
        TestGraph test = new TestGraph()
                .input("x", FLOAT, 256, 512)
                .weight("w", 512, 512)
                .weight("v", 512, 512)
                .node("MatMul", "x w", "m")
                .node("Softmax", "m", "s")
                .node("MatMul", "s v", "n")
                .node("Softmax", "n", "y")
                .output("y");
        test.graph.getNodeBuilder(0).setName("L4:");
        test.graph.getNodeBuilder(1).setName("L3:");
        test.graph.getNodeBuilder(2).clearName();
        LayerTimes times = new LayerProfiler(graph(test), optimization, 1, 5).measure();
        assertThat(times.micros()).hasSize(5);
        assertThat(times.micros().get(0)).isZero();
        assertThat(times.micros().subList(1, 5)).allMatch(micros -> micros > 0);
        assertThat(times.assigned()).isBetween(0.1, 1.0);
        assertThat(times.totalMicros()).isPositive();
    }

    @Test
    void mergedLayersHaveTheirTimeInTheOneThatMultiplies() {
        OnnxGraph graph = graph(new TestGraph()
                .input("x", FLOAT, 1, 8, 16, 16)
                .weight("k", 8, 8, 3, 3)
                .node("Conv", "x k", "c")
                .node("Relu", "c", "r")
                .node("Softmax", "r", "y")
                .output("y"));
        LayerTimes alone = new LayerProfiler(graph, Optimization.NONE, 1, 5).measure();
        assertThat(alone.micros().subList(1, 4)).allMatch(micros -> micros > 0);
        LayerTimes merged = new LayerProfiler(graph, Optimization.ALL, 1, 5).measure();
        assertThat(merged.micros().get(1)).isPositive();
        assertThat(merged.micros().get(2)).isZero();
        assertThat(merged.micros().get(3)).isPositive();
    }

    @Test
    void bodiesAreMeasuredWithTheNodeAroundThem() {
        GraphProto body = GraphProto.newBuilder()
                .setName("body")
                .addNode(TestGraph.nodeOf("Tanh", "a", "L1:"))
                .addOutput(TestGraph.value("L1:", FLOAT, 64))
                .build();
        OnnxGraph graph = graph(new TestGraph()
                .input("x", FLOAT, 64)
                .input("c", BOOL)
                .node("Neg", "x", "a")
                .node("If", "c", "y", TestGraph.body("then_branch", body), TestGraph.body("else_branch", body))
                .output("y"));
        LayerTimes times = new LayerProfiler(graph, Optimization.NONE, 1, 3).measure();
        assertThat(times.micros()).hasSize(3);
        assertThat(times.micros().get(2)).isPositive();
    }

    @Test
    void aModelThatFailsCannotBeMeasured() {
        OnnxGraph graph = graph(new TestGraph()
                .input("x", FLOAT, 4)
                .longs("index", 9)
                .node("Gather", "x index", "y")
                .output("y"));
        assertThatThrownBy(() -> new LayerProfiler(graph, Optimization.NONE, 1, 3).measure())
                .isInstanceOf(InputException.class)
                .hasMessageContaining("cannot be measured");
    }

    private static LayerGraph random(long seed, int layers) {
        SplittableRandom random = new SplittableRandom(seed);
        List<Layer> list = new ArrayList<>();
        list.add(new Layer("inputs", "Input", List.of(), 0, 4096, 0));
        for (int i = 1; i < layers; i++) {
            long out = 4L * random.nextInt(1, 200_000);
            long macs = random.nextBoolean() ? 0 : out / 4 * (random.nextBoolean() ? 9 : 1000);
            list.add(new Layer("l" + i, "Op", List.of(i - 1), random.nextInt(1_000_000), out, macs));
        }
        return LayerGraph.of("random" + seed, list);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void aFitFindsTheNumbersThatMadeTheTimes(long seed) {
        TimeModel truth = new TimeModel(2e-5, 3e-4, 6e-5, 1e-4, 5);
        Map<LayerGraph, LayerTimes> measured = new LinkedHashMap<>();
        for (int i = 0; i < 2; i++) {
            LayerGraph graph = random(seed + 100 * i, 60);
            measured.put(graph, truth.estimate(graph));
        }
        TimeModel fitted = TimeModel.fit(measured);
        assertThat(fitted.microsPerMac()).isCloseTo(truth.microsPerMac(), within(1e-9));
        assertThat(fitted.microsPerThinMac()).isCloseTo(truth.microsPerThinMac(), within(1e-8));
        assertThat(fitted.microsPerWeightByte()).isCloseTo(truth.microsPerWeightByte(), within(1e-8));
        assertThat(fitted.microsPerByte()).isCloseTo(truth.microsPerByte(), within(1e-8));
        assertThat(fitted.microsPerLayer()).isCloseTo(truth.microsPerLayer(), within(1e-3));
        LayerGraph other = random(seed + 7, 20);
        assertThat(fitted.estimate(other).totalMicros())
                .isCloseTo(truth.estimate(other).totalMicros(), within(0.1));
    }

    @Test
    void noNumberIsBelowZero() {
        LayerGraph graph = random(5, 40);
        List<Double> times = new ArrayList<>();
        // layers that touch more take less: nothing that a time may depend on so
        for (Layer layer : graph.layers()) {
            times.add(1e6 - layer.outBytes());
        }
        TimeModel fitted = TimeModel.fit(Map.of(graph, new LayerTimes(times, 1)));
        assertThat(fitted.microsPerByte()).isNotNegative();
        assertThat(fitted.microsPerLayer()).isPositive();
    }

    @Test
    void aFitNeedsLayersAndTheirTimes() {
        LayerGraph graph = random(1, 5);
        LayerTimes times = new LayerTimes(List.of(0.0, 1.0, 2.0, 3.0, 4.0), 1);
        assertThatThrownBy(() -> TimeModel.fit(Map.of(graph, times))).hasMessageContaining("too few");
        assertThatThrownBy(() -> TimeModel.fit(Map.of(random(1, 6), times))).hasMessageContaining("has 6 layers");
        assertThatThrownBy(() -> new LayerTimes(List.of(-1.0), 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new TimeModel(1, Double.NaN, 0, 0, 0)).isInstanceOf(IllegalArgumentException.class);
    }
}
