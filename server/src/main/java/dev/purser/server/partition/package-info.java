/** Plans where to cut a model, and writes, draws and checks what comes of it. */
@org.jspecify.annotations.NullMarked
package dev.purser.server.partition;
