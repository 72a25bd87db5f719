package dev.purser.partitioner.onnx;

import dev.purser.core.InputException;
import dev.purser.core.Names;
import dev.purser.partitioner.onnx.NetBuilder.Map2d;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * Architectures that are cut in the literature, with as many layers, parameters and operations as published. Their
 * weights are random, but scaled so that every input leaves its mark on the result: good for measuring and comparing, of
 * no use for telling cats from dogs.
 */
public enum Network {
    /** MobileNet (Howard et al., 2017): 4,253,864 parameters, a chain. */
    MOBILENET("mobilenet", 224),
    /** ResNet50 (He et al., 2015, stride in the first convolution): 25,636,712 parameters, 98 MiB. */
    RESNET50("resnet50", 224),
    /** ResNet50 with blocks twice as wide (stride in the 3x3 convolution): 98 million parameters, 374 MiB. */
    WIDE_RESNET50_2("wide-resnet50-2", 224),
    /** InceptionV3 (Szegedy et al., 2015): 23,851,784 parameters, up to four branches side by side. */
    INCEPTION_V3("inception-v3", 299),
    /** VGG16 (Simonyan and Zisserman, 2014): 138,357,544 parameters, of which one layer has 103 million. */
    VGG16("vgg16", 224);

    private final String label;
    private final int size;

    Network(String label, int size) {
        this.label = label;
        this.size = size;
    }

    /** Its name as users write it, e.g. {@code inception-v3}. */
    public String label() {
        return label;
    }

    /**
     * The network of a name.
     *
     * @throws InputException when there is none
     */
    public static Network of(String label) {
        List<String> labels = Arrays.stream(values()).map(Network::label).toList();
        int index = labels.indexOf(label);
        if (index < 0) {
            throw new InputException(
                    "network", "", "there is none called '" + label + "'", Names.suggest("network", labels, label));
        }
        return values()[index];
    }

    /**
     * Writes the network as an ONNX file.
     *
     * @param options what differs from the published architecture
     * @param file where to; what was there is replaced
     * @throws InputException when the size is too small for the network
     * @throws UncheckedIOException when it cannot be written
     */
    public void write(NetOptions options, Path file) {
        int pixels = options.size() == 0 ? size : options.size();
        if (this == INCEPTION_V3 && pixels < 75) {
            throw new InputException("network", "size", "is " + pixels, "75 or more for " + label);
        }
        try {
            Path folder = file.toAbsolutePath().getParent();
            if (folder != null) {
                Files.createDirectories(folder);
            }
            try (NetBuilder net = new NetBuilder(label, options, file)) {
                Map2d image = net.image("image", pixels);
                Map2d result = switch (this) {
                    case MOBILENET -> MobileNet.build(net, image);
                    case RESNET50 -> ResNet.published(net, image);
                    case WIDE_RESNET50_2 -> ResNet.wide(net, image, 2);
                    case INCEPTION_V3 -> InceptionV3.build(net, image);
                    case VGG16 -> Vgg.build16(net, image);
                };
                net.write(result, file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
