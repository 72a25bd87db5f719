package dev.purser.partitioner.onnx;

/** How far ONNX Runtime may change a graph before it runs it. */
public enum Optimization {
    /** Not at all: each node is run as it stands. */
    NONE,
    /** What it does by default: nodes are merged, moved and laid out for the processor. */
    ALL
}
