package dev.purser.server.gateway;

import io.helidon.http.HeaderValues;
import io.helidon.http.media.ReadableEntity;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;

/** Reads the bodies of requests: within the limit, in time, and with no more memory than has arrived. */
final class Bodies {
    private static final int FIRST = 64 << 10;
    private static final int WORTH_READING = 256 << 10;
    private static final byte[] NOTHING = {};

    private final int limit;
    private final Patience patience;

    Bodies(int limit, Patience patience) {
        this.limit = limit;
        this.patience = patience;
    }

    /**
     * Reads a request's body.
     *
     * @param most the most bytes that it may have, at most the limit of all
     * @throws Refusal if it is longer, ends early, comes too slowly, or there is no memory for it
     */
    byte[] read(ServerRequest request, int most, Admission.Ticket ticket) {
        ReadableEntity content = request.content();
        if (!content.hasEntity()) {
            return NOTHING;
        }
        long declared = request.headers().contentLength().orElse(-1);
        if (declared > most) {
            throw Refusal.of(413, HttpReply.tooLong(most));
        }
        // a chunk is read whole, however long it is, before the first byte of it is to be had
        ticket.hold(declared < 0 ? limit : Math.min(declared, FIRST));
        Patience.Wait wait = patience.begin();
        try (wait) {
            // not closed where reading fails: that would read the rest
            InputStream in = content.inputStream();
            byte[] body = new byte[declared < 0 ? FIRST : (int) Math.min(declared, FIRST)];
            int length = 0;
            while (true) {
                if (length == body.length) {
                    if (length == declared) {
                        break;
                    }
                    int longer = (int) Math.min(2L * length, declared < 0 ? most + 1L : declared);
                    if (length == longer) {
                        throw Refusal.of(413, HttpReply.tooLong(most));
                    }
                    if (declared >= 0) {
                        ticket.hold(longer);
                    }
                    body = Arrays.copyOf(body, longer);
                }
                int read = in.read(body, length, body.length - length);
                if (read < 0) {
                    if (declared < 0) {
                        break;
                    }
                    throw Refusal.of(400, "the body ended after " + length + " of its " + declared + " bytes");
                }
                length += read;
            }
            if (length > most) {
                throw Refusal.of(413, HttpReply.tooLong(most));
            }
            ticket.hold(length);
            in.close();
            return length == body.length ? body : Arrays.copyOf(body, length);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (RuntimeException e) {
            if (wait.ended()) {
                throw Refusal.of(408, "the body did not arrive in time");
            }
            throw e;
        }
    }

    /**
     * Answers a request whose body may not have been read. A short one is read, so that the connection can be used again;
     * a long one ends it, but only after the client has had the chance to see the answer.
     */
    void answerUnread(ServerRequest request, ServerResponse response, Runnable answer) {
        ReadableEntity content = request.content();
        if (!content.hasEntity() || content.consumed()) {
            answer.run();
            return;
        }
        boolean waitsForWord = request.headers().contains(HeaderValues.EXPECT_100) && !request.continueSent();
        long length = request.headers().contentLength().orElse(Long.MAX_VALUE);
        if (!waitsForWord && length <= WORTH_READING) {
            skip(content);
        } else {
            response.header(HeaderValues.CONNECTION_CLOSE);
        }
        answer.run();
    }

    private void skip(ReadableEntity content) {
        try {
            patience.during(() -> {
                try (InputStream in = content.inputStream()) {
                    in.transferTo(OutputStream.nullOutputStream());
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        } catch (RuntimeException e) {
            // the client has gone, or sends something that is no body: the answer is all it gets
        }
    }
}
