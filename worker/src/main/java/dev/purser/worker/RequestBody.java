package dev.purser.worker;

import dev.purser.worker.protocol.ProtocolException;
import dev.purser.worker.protocol.ReadDeadlines;
import io.helidon.webserver.http.ServerRequest;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.SocketTimeoutException;
import java.util.Arrays;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.ZipException;

/**
 * Reads request bodies within limits: the size of one, the time that it takes, and the memory of all that are held at
 * once. Memory grows with what arrives, not with what a header promises.
 */
final class RequestBody implements AutoCloseable {
    private static final int FIRST = 16 << 10;

    private final int maxBytes;
    private final long maxNanos;
    private final long maxHeld;
    private final AtomicLong held = new AtomicLong();
    private final ReadDeadlines deadlines;

    RequestBody(int maxBytes, long maxNanos, long maxHeld) {
        this.maxBytes = maxBytes;
        this.maxNanos = maxNanos;
        this.maxHeld = Math.max(maxHeld, maxBytes);
        this.deadlines = new ReadDeadlines(Math.clamp(maxNanos / 10_000_000, 5, 500));
    }

    /** A body in memory; it counts against the limit of all until it is closed. */
    final class Held implements AutoCloseable {
        private byte[] bytes = {};

        byte[] bytes() {
            return bytes;
        }

        private void grow(int size) {
            long more = (long) size - bytes.length;
            if (held.addAndGet(more) > maxHeld) {
                held.addAndGet(-more);
                throw new ProtocolException(
                        503,
                        "the bodies of the requests that wait fill the memory set aside for them (" + maxHeld
                                + " bytes)");
            }
            bytes = Arrays.copyOf(bytes, size);
        }

        private void trim(int size) {
            held.addAndGet((long) size - bytes.length);
            bytes = size == bytes.length ? bytes : Arrays.copyOf(bytes, size);
        }

        @Override
        public void close() {
            held.addAndGet(-bytes.length);
            bytes = new byte[0];
        }
    }

    /** Refuses a body that is too long by its own account. */
    void checkLength(OptionalLong length) {
        if (length.isPresent() && length.getAsLong() > maxBytes) {
            throw tooLarge(length.getAsLong() + " bytes");
        }
    }

    /**
     * Reads a body.
     *
     * @param length its length; empty where it is not known, as for one that is compressed
     * @throws ProtocolException when the body is beyond a limit, is cut off, or is not encoded as it says
     */
    Held read(ServerRequest request, OptionalLong length) {
        checkLength(length);
        Held body = new Held();
        ReadDeadlines.Read read = deadlines.begin(maxNanos);
        try (read) {
            // opening the stream may read already, where it is compressed
            int size = fill(request.content().inputStream(), body, length, read);
            body.trim(size);
            return body;
        } catch (IOException | UncheckedIOException e) {
            body.close();
            if (read.isExpired() || e instanceof SocketTimeoutException) {
                throw tooSlow();
            }
            Throwable cause = e instanceof UncheckedIOException && e.getCause() != null ? e.getCause() : e;
            if (cause instanceof ZipException || cause instanceof EOFException) {
                throw new ProtocolException(400, "the body is not whole gzip: " + cause.getMessage());
            }
            throw new ProtocolException(400, "the body cannot be read: " + e.getMessage());
        } catch (RuntimeException | Error e) {
            body.close();
            throw e;
        }
    }

    private int fill(InputStream in, Held body, OptionalLong length, ReadDeadlines.Read deadline) throws IOException {
        long expected = length.orElse(-1);
        int first = expected < 0 ? FIRST : (int) Math.min(expected, 4L * FIRST);
        body.grow(Math.max(1, first));
        int size = 0;
        while (size != expected) {
            if (size == body.bytes.length) {
                long more = Math.min(2L * size, expected < 0 ? maxBytes + 1L : expected);
                body.grow((int) more);
            }
            int read = in.read(body.bytes, size, body.bytes.length - size);
            if (read < 0) {
                if (expected >= 0) {
                    throw new ProtocolException(400, "the body ends after " + size + " of " + expected + " bytes");
                }
                break;
            }
            size += read;
            if (size > maxBytes) {
                throw tooLarge("more than " + maxBytes + " bytes");
            }
            if (size != expected && deadline.isExpired()) {
                throw tooSlow();
            }
        }
        return size;
    }

    @Override
    public void close() {
        deadlines.close();
    }

    private ProtocolException tooLarge(String size) {
        return new ProtocolException(413, "the body has " + size + ", but at most " + maxBytes + " are taken");
    }

    private ProtocolException tooSlow() {
        return new ProtocolException(408, "the body did not arrive within " + maxNanos / 1_000_000 + " ms");
    }
}
