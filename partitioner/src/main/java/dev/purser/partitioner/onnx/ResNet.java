package dev.purser.partitioner.onnx;

import dev.purser.partitioner.onnx.NetBuilder.Map2d;
import dev.purser.partitioner.onnx.NetBuilder.Window;
import java.io.IOException;

/** ResNet50: He et al., 2015, table 1, and its wide relatives. */
final class ResNet {
    private static final int[] BLOCKS = {3, 4, 6, 3};

    /** Small enough that the sums do not grow from block to block. */
    private static final double BRANCH_GAIN = 0.4;

    private final NetBuilder net;
    private final int factor;
    private final boolean wide;
    private int convolutions;
    private int activations;
    private int additions;

    private ResNet(NetBuilder net, int factor, boolean wide) {
        this.net = net;
        this.factor = factor;
        this.wide = wide;
    }

    /** As published, with biases, and the stride in the first convolution of a block. */
    static Map2d published(NetBuilder net, Map2d image) throws IOException {
        return new ResNet(net, 1, false).build(image);
    }

    /** Blocks so many times as wide, without biases, and the stride in the 3x3 convolution. */
    static Map2d wide(NetBuilder net, Map2d image, int factor) throws IOException {
        return new ResNet(net, factor, true).build(image);
    }

    private Map2d build(Map2d image) throws IOException {
        Map2d x = net.pad("conv1_pad", image, 3, 3);
        x = convolution("conv1", "bn_conv1", x, 64, Window.square(7).by(2).valid(), 1);
        x = relu(x);
        x = net.pad("pool1_pad", x, 1, 1);
        x = net.maxPool("max_pooling2d_1", x, Window.square(3).by(2).valid());
        for (int stage = 0; stage < BLOCKS.length; stage++) {
            for (int block = 0; block < BLOCKS[stage]; block++) {
                String name = (stage + 2) + String.valueOf((char) ('a' + block));
                x = block(name, x, (64 * factor) << stage, block == 0, stage > 0 && block == 0 ? 2 : 1);
            }
        }
        x = net.globalAverage("avg_pool", x);
        x = net.dense("fc1000", x, net.options().classes(), 0.5);
        return net.softmax("fc1000_softmax", x);
    }

    private Map2d block(String name, Map2d in, int filters, boolean projected, int stride) throws IOException {
        Window one = Window.square(1);
        Window three = Window.square(3);
        Map2d x = relu(branch(name, "2a", in, filters, wide ? one : one.by(stride), 1));
        x = relu(branch(name, "2b", x, filters, wide ? three.by(stride) : three, 1));
        x = branch(name, "2c", x, 4 * filters, one, BRANCH_GAIN);
        Map2d shortcut = projected ? branch(name, "1", in, 4 * filters, one.by(stride), 1) : in;
        return relu(net.add("add_" + ++additions, x, shortcut));
    }

    private Map2d branch(String block, String branch, Map2d in, int filters, Window window, double gain)
            throws IOException {
        return convolution(
                "res" + block + "_branch" + branch, "bn" + block + "_branch" + branch, in, filters, window, gain);
    }

    private Map2d convolution(String layer, String norm, Map2d in, int filters, Window window, double gain)
            throws IOException {
        convolutions++;
        String convolution = wide ? "conv2d_" + convolutions : layer;
        String normalisation = wide ? "batch_normalization_" + convolutions : norm;
        Map2d x = net.convolution(convolution, in, net.channels(filters), window, !wide);
        return net.normalise(normalisation, x, true, gain);
    }

    private Map2d relu(Map2d in) {
        return net.relu("activation_" + ++activations, in);
    }
}
