package dev.purser.worker;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * Memory outside the heap for the inputs of inferences, used again and again: the runtime reads it in place, and making it
 * anew for each request would cost more than the copy. There are as many sets as inferences ever ran at once.
 */
final class DirectBuffers {
    /** Larger ones are left to the garbage collector, so that one large batch does not stay for good. */
    private static final int KEPT = 8 << 20;

    private static final int SMALLEST = 1024;

    private final int inputs;
    private final ConcurrentLinkedQueue<Set> idle = new ConcurrentLinkedQueue<>();

    DirectBuffers(int inputs) {
        this.inputs = inputs;
    }

    Set take() {
        Set set = idle.poll();
        return set == null ? new Set(inputs) : set;
    }

    void give(Set set) {
        set.trim();
        idle.add(set);
    }

    /** The buffers of one inference, one for each input. */
    static final class Set {
        private final @Nullable ByteBuffer[] buffers;

        private Set(int inputs) {
            buffers = new ByteBuffer[inputs];
        }

        /** A buffer with a copy of the given bytes, in the machine's byte order. */
        ByteBuffer filled(int index, ByteBuffer bytes) {
            int size = bytes.remaining();
            ByteBuffer buffer = buffers[index];
            if (buffer == null || buffer.capacity() < size) {
                int capacity =
                        size >= KEPT ? size : Math.max(SMALLEST, Integer.highestOneBit(Math.max(1, size - 1)) << 1);
                buffer = ByteBuffer.allocateDirect(capacity).order(ByteOrder.nativeOrder());
                buffers[index] = buffer;
            }
            buffer.clear().put(bytes).flip();
            return buffer;
        }

        private void trim() {
            for (int i = 0; i < buffers.length; i++) {
                ByteBuffer buffer = buffers[i];
                if (buffer != null && buffer.capacity() > KEPT) {
                    buffers[i] = null;
                }
            }
        }
    }
}
