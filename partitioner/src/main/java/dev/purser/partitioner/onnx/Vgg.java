package dev.purser.partitioner.onnx;

import dev.purser.partitioner.onnx.NetBuilder.Map2d;
import dev.purser.partitioner.onnx.NetBuilder.Window;
import java.io.IOException;

/** VGG: Simonyan and Zisserman, 2014, table 1, column D. */
final class Vgg {
    private static final int[] LAYERS = {2, 2, 3, 3, 3};
    private static final int[] FILTERS = {64, 128, 256, 512, 512};

    private Vgg() {}

    static Map2d build16(NetBuilder net, Map2d image) throws IOException {
        Map2d x = image;
        for (int block = 0; block < LAYERS.length; block++) {
            for (int i = 1; i <= LAYERS[block]; i++) {
                String layer = "block" + (block + 1) + "_conv" + i;
                x = net.convolution(layer, x, net.channels(FILTERS[block]), Window.square(3), true);
                x = net.relu(layer + "_relu", x);
            }
            x = net.maxPool(
                    "block" + (block + 1) + "_pool", x, Window.square(2).by(2).valid());
        }
        x = net.flatten("flatten", x);
        x = net.relu("fc1_relu", net.dense("fc1", x, net.channels(4096), 2));
        x = net.relu("fc2_relu", net.dense("fc2", x, net.channels(4096), 2));
        x = net.dense("predictions", x, net.options().classes(), 2);
        return net.softmax("predictions_softmax", x);
    }
}
