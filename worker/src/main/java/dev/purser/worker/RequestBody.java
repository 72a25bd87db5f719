package dev.purser.worker;

import dev.purser.worker.protocol.ProtocolException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketTimeoutException;
import java.util.Arrays;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * Reads request bodies within limits: the size of one, the time that it takes, and the memory of all that are held at
 * once. Memory grows with what arrives, not with what a header promises.
 */
final class RequestBody {
    private static final int FIRST = 16 << 10;

    private final int maxBytes;
    private final long maxNanos;
    private final long maxHeld;
    private final AtomicLong held = new AtomicLong();

    RequestBody(int maxBytes, long maxNanos, long maxHeld) {
        this.maxBytes = maxBytes;
        this.maxNanos = maxNanos;
        this.maxHeld = Math.max(maxHeld, maxBytes);
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
     * @param length what the header says
     * @param encoding the value of Content-Encoding; empty for none
     * @throws ProtocolException when the body is beyond a limit, is cut off, or is not encoded as it says
     */
    Held read(InputStream raw, OptionalLong length, String encoding) {
        checkLength(length);
        boolean gzip = encoding.equalsIgnoreCase("gzip") || encoding.equalsIgnoreCase("x-gzip");
        if (!gzip && !encoding.isEmpty() && !encoding.equalsIgnoreCase("identity")) {
            throw new ProtocolException(
                    415, "the body's Content-Encoding is '" + brief(encoding) + "', but only gzip is understood");
        }
        Held body = new Held();
        try {
            InputStream in = gzip ? new GZIPInputStream(raw) : raw;
            int size = fill(in, body, gzip ? OptionalLong.empty() : length);
            body.trim(size);
            return body;
        } catch (ZipException | EOFException e) {
            body.close();
            throw new ProtocolException(400, "the body is not whole gzip: " + e.getMessage());
        } catch (SocketTimeoutException e) {
            body.close();
            throw tooSlow();
        } catch (IOException e) {
            body.close();
            throw new ProtocolException(400, "the body cannot be read: " + e.getMessage());
        } catch (RuntimeException | Error e) {
            body.close();
            throw e;
        }
    }

    private int fill(InputStream in, Held body, OptionalLong length) throws IOException {
        long start = System.nanoTime();
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
            if (System.nanoTime() - start > maxNanos) {
                throw tooSlow();
            }
        }
        return size;
    }

    private ProtocolException tooLarge(String size) {
        return new ProtocolException(413, "the body has " + size + ", but at most " + maxBytes + " are taken");
    }

    private ProtocolException tooSlow() {
        return new ProtocolException(408, "the body did not arrive within " + maxNanos / 1_000_000 + " ms");
    }

    private static String brief(String text) {
        return text.length() <= 40 ? text : text.substring(0, 40) + "...";
    }
}
