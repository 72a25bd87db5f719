@org.jspecify.annotations.NullMarked
package dev.purser.partitioner.onnx;
