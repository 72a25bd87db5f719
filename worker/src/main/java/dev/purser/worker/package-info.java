/** Models that run in this process with ONNX Runtime, and the program that serves one of them. */
@org.jspecify.annotations.NullMarked
package dev.purser.worker;
