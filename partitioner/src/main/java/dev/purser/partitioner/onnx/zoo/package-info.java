/** Published architectures as ONNX models with seeded weights. */
@org.jspecify.annotations.NullMarked
package dev.purser.partitioner.onnx.zoo;
