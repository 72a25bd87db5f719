package dev.purser.partitioner.onnx;

import dev.purser.partitioner.onnx.NetBuilder.Map2d;
import dev.purser.partitioner.onnx.NetBuilder.Window;
import java.io.IOException;

/** MobileNet: Howard et al., 2017, table 1; each depthwise convolution is followed by one of 1x1. */
final class MobileNet {
    private static final int[] FILTERS = {64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024};
    private static final int[] STRIDES = {1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1};

    private MobileNet() {}

    static Map2d build(NetBuilder net, Map2d image) throws IOException {
        Map2d x = net.pad("conv1_pad", image, 0, 1);
        x = net.convolution("conv1", x, net.channels(32), Window.square(3).by(2).valid(), false);
        x = activated(net, "conv1", x);
        for (int block = 1; block <= FILTERS.length; block++) {
            Window window = Window.square(3);
            if (STRIDES[block - 1] == 2) {
                x = net.pad("conv_pad_" + block, x, 0, 1);
                window = window.by(2).valid();
            }
            x = net.depthwise("conv_dw_" + block, x, window);
            x = activated(net, "conv_dw_" + block, x);
            x = net.convolution("conv_pw_" + block, x, net.channels(FILTERS[block - 1]), Window.square(1), false);
            x = activated(net, "conv_pw_" + block, x);
        }
        x = net.globalAverage("global_average_pooling2d_1", x);
        x = net.asMap("reshape_1", x);
        x = net.dropout("dropout", x);
        x = net.lastConvolution("conv_preds", x, net.options().classes(), 40);
        x = net.flatten("reshape_2", x);
        return net.softmax("act_softmax", x);
    }

    private static Map2d activated(NetBuilder net, String layer, Map2d in) throws IOException {
        return net.relu6(layer + "_relu", net.normalise(layer + "_bn", in, true, 1));
    }
}
