package dev.purser.partitioner.onnx;

import dev.purser.partitioner.onnx.NetBuilder.Map2d;
import dev.purser.partitioner.onnx.NetBuilder.Window;
import java.io.IOException;

/** InceptionV3: Szegedy et al., 2015, section 6, without the auxiliary classifier; scales are not learnt. */
final class InceptionV3 {
    private static final Window ONE = Window.square(1);
    private static final Window THREE = Window.square(3);

    private final NetBuilder net;
    private int convolutions;
    private int averages;
    private int maxima;
    private int joins;

    private InceptionV3(NetBuilder net) {
        this.net = net;
    }

    static Map2d build(NetBuilder net, Map2d image) throws IOException {
        return new InceptionV3(net).build(image);
    }

    private Map2d build(Map2d image) throws IOException {
        Map2d x = convolution(image, 32, THREE.by(2).valid());
        x = convolution(x, 32, THREE.valid());
        x = convolution(x, 64, THREE);
        x = maximum(x);
        x = convolution(x, 80, ONE.valid());
        x = convolution(x, 192, THREE.valid());
        x = maximum(x);
        x = wide(x, "mixed0", 32);
        x = wide(x, "mixed1", 64);
        x = wide(x, "mixed2", 64);
        x = firstReduction(x);
        x = factored(x, "mixed4", 128);
        x = factored(x, "mixed5", 160);
        x = factored(x, "mixed6", 160);
        x = factored(x, "mixed7", 192);
        x = secondReduction(x);
        x = expanded(x, "mixed9", "mixed9_0");
        x = expanded(x, "mixed10", "mixed9_1");
        x = net.globalAverage("avg_pool", x);
        x = net.dense("predictions", x, net.options().classes(), 4);
        return net.softmax("predictions_softmax", x);
    }

    private Map2d wide(Map2d in, String name, int pooled) throws IOException {
        Map2d one = convolution(in, 64, ONE);
        Map2d five = convolution(convolution(in, 48, ONE), 64, Window.square(5));
        Map2d three = convolution(convolution(convolution(in, 64, ONE), 96, THREE), 96, THREE);
        Map2d pool = convolution(average(in), pooled, ONE);
        return net.concatenate(name, one, five, three, pool);
    }

    private Map2d firstReduction(Map2d in) throws IOException {
        Map2d three = convolution(in, 384, THREE.by(2).valid());
        Map2d twice = convolution(convolution(in, 64, ONE), 96, THREE);
        twice = convolution(twice, 96, THREE.by(2).valid());
        return net.concatenate("mixed3", three, twice, maximum(in));
    }

    private Map2d factored(Map2d in, String name, int inner) throws IOException {
        Window row = new Window(1, 7, 1, true);
        Window column = new Window(7, 1, 1, true);
        Map2d one = convolution(in, 192, ONE);
        Map2d seven = convolution(convolution(convolution(in, inner, ONE), inner, row), 192, column);
        Map2d twice = convolution(convolution(in, inner, ONE), inner, column);
        twice = convolution(convolution(twice, inner, row), inner, column);
        twice = convolution(twice, 192, row);
        Map2d pool = convolution(average(in), 192, ONE);
        return net.concatenate(name, one, seven, twice, pool);
    }

    private Map2d secondReduction(Map2d in) throws IOException {
        Map2d three = convolution(convolution(in, 192, ONE), 320, THREE.by(2).valid());
        Map2d seven = convolution(convolution(in, 192, ONE), 192, new Window(1, 7, 1, true));
        seven = convolution(seven, 192, new Window(7, 1, 1, true));
        seven = convolution(seven, 192, THREE.by(2).valid());
        return net.concatenate("mixed8", three, seven, maximum(in));
    }

    private Map2d expanded(Map2d in, String name, String inner) throws IOException {
        Window row = new Window(1, 3, 1, true);
        Window column = new Window(3, 1, 1, true);
        Map2d one = convolution(in, 320, ONE);
        Map2d three = convolution(in, 384, ONE);
        three = net.concatenate(inner, convolution(three, 384, row), convolution(three, 384, column));
        Map2d twice = convolution(convolution(in, 448, ONE), 384, THREE);
        twice = net.concatenate(
                "concatenate_" + ++joins, convolution(twice, 384, row), convolution(twice, 384, column));
        Map2d pool = convolution(average(in), 192, ONE);
        return net.concatenate(name, one, three, twice, pool);
    }

    private Map2d convolution(Map2d in, int filters, Window window) throws IOException {
        int index = ++convolutions;
        Map2d x = net.convolution("conv2d_" + index, in, net.channels(filters), window, false);
        x = net.normalise("batch_normalization_" + index, x, false, 1);
        return net.relu("activation_" + index, x);
    }

    private Map2d average(Map2d in) {
        return net.averagePool("average_pooling2d_" + ++averages, in, THREE);
    }

    private Map2d maximum(Map2d in) {
        return net.maxPool("max_pooling2d_" + ++maxima, in, THREE.by(2).valid());
    }
}
