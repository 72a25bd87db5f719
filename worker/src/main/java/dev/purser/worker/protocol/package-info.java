/** The Open Inference Protocol (KServe v2, HTTP) with its binary tensor data extension: values, codec and client. */
@org.jspecify.annotations.NullMarked
package dev.purser.worker.protocol;
