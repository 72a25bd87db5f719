/** ONNX models: read, measured, cut into parts that are ONNX models again, and compared with those. */
@org.jspecify.annotations.NullMarked
package dev.purser.partitioner.onnx;
