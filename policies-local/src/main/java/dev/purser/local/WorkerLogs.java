package dev.purser.local;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes what workers print, so that no worker ever waits for a reader: to a file each, whose sizes together are bounded,
 * and the last lines to memory. A disk that is full or gone costs the lines and nothing else.
 */
final class WorkerLogs {
    private static final Logger LOG = LoggerFactory.getLogger(WorkerLogs.class);

    /** Longer lines are cut. */
    private static final int MAX_LINE = 8192;

    private static final int TAIL = 20;

    /** A file is begun anew when it has this share of the limit; the one before is kept once. */
    private static final int SHARE = 16;

    /** After a failure to write, lines are thrown away for so long. */
    private static final long PAUSE_NANOS = 10_000_000_000L;

    /** Opens files; what tests replace to have a disk that fails. */
    interface Opener {
        /** Opens a file at its end, and makes it if need be. */
        OutputStream append(Path file) throws IOException;
    }

    private final @Nullable Path directory;
    private final long limit;
    private final Opener opener;

    /** Files that no worker writes to, with their sizes, the oldest first. */
    private final Map<Path, Long> closed = new LinkedHashMap<>();

    private long total;
    private boolean listed;
    private boolean warned;

    /**
     * @param directory where the files go; null for none
     * @param limit bytes of all files together
     */
    WorkerLogs(@Nullable Path directory, long limit, Opener opener) {
        this.directory = directory;
        this.limit = limit;
        this.opener = opener;
    }

    WorkerLogs(@Nullable Path directory, long limit) {
        this(
                directory,
                limit,
                file -> Files.newOutputStream(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND));
    }

    /** A log for a worker; nothing is written before its first line. */
    Log open(String worker) {
        return new Log(worker);
    }

    /** What earlier runs left counts too. */
    private synchronized void list() throws IOException {
        Path in = directory;
        if (listed || in == null) {
            return;
        }
        Files.createDirectories(in);
        try (Stream<Path> files = Files.list(in)) {
            List<Path> old = files.filter(file -> {
                        String name = file.getFileName().toString();
                        return name.endsWith(".log") || name.endsWith(".log.1");
                    })
                    .sorted(Comparator.comparingLong(file -> file.toFile().lastModified()))
                    .toList();
            for (Path file : old) {
                long size = Files.size(file);
                closed.put(file, size);
                total += size;
            }
        }
        listed = true;
    }

    /** Whether so many bytes more may be written; removes the oldest files where that helps. */
    private synchronized boolean reserve(int bytes) throws IOException {
        Iterator<Map.Entry<Path, Long>> oldest = closed.entrySet().iterator();
        while (total + bytes > limit && oldest.hasNext()) {
            Map.Entry<Path, Long> file = oldest.next();
            Files.deleteIfExists(file.getKey());
            total -= file.getValue();
            oldest.remove();
        }
        if (total + bytes > limit) {
            return false;
        }
        total += bytes;
        return true;
    }

    /** Takes a file that was closed into use; its size. */
    private synchronized long reopen(Path file) {
        Long size = closed.remove(file);
        return size == null ? 0 : size;
    }

    private synchronized void release(Path file, long size) {
        closed.put(file, size);
    }

    private synchronized void forget(Path file) {
        Long size = closed.remove(file);
        if (size != null) {
            total -= size;
        }
    }

    private synchronized void warn(IOException e) {
        if (!warned) {
            warned = true;
            LOG.warn("What workers print is not kept, for {} cannot be written: {}", directory, e.toString());
        }
    }

    /** What one worker prints. */
    final class Log {
        private final String worker;
        private final @Nullable Path file;
        private final Deque<String> tail = new ArrayDeque<>();
        private @Nullable OutputStream out;
        private long size;
        private long pausedUntil;
        private boolean paused;

        private Log(String worker) {
            this.worker = worker;
            file = directory == null ? null : directory.resolve(worker.replaceAll("[^A-Za-z0-9._]+", "-") + ".log");
        }

        /** Reads to the end, line by line; returns when the stream ends or breaks. */
        void drain(InputStream from) {
            byte[] buffer = new byte[MAX_LINE];
            byte[] line = new byte[MAX_LINE];
            int length = 0;
            try (from) {
                for (int read = from.read(buffer); read >= 0; read = from.read(buffer)) {
                    for (int i = 0; i < read; i++) {
                        if (buffer[i] == '\n') {
                            line(new String(line, 0, length, StandardCharsets.UTF_8));
                            length = 0;
                        } else if (length < MAX_LINE) {
                            line[length++] = buffer[i];
                        }
                    }
                }
            } catch (IOException e) {
                LOG.debug("{} prints no more: {}", worker, e.toString());
            }
            if (length > 0) {
                line(new String(line, 0, length, StandardCharsets.UTF_8));
            }
            close();
        }

        void line(String text) {
            synchronized (tail) {
                tail.addLast(text);
                if (tail.size() > TAIL) {
                    tail.removeFirst();
                }
            }
            LOG.debug("{}: {}", worker, text);
            if (file != null) {
                write(file, (text + "\n").getBytes(StandardCharsets.UTF_8));
            }
        }

        private void write(Path to, byte[] bytes) {
            if (paused && System.nanoTime() - pausedUntil < 0) {
                return;
            }
            paused = false;
            try {
                list();
                if (out == null) {
                    size = reopen(to);
                    out = opener.append(to);
                }
                if (size > 0 && size + bytes.length > limit / SHARE) {
                    turnOver(to);
                }
                if (reserve(bytes.length)) {
                    size += bytes.length;
                    out.write(bytes);
                    out.flush();
                }
            } catch (IOException e) {
                warn(e);
                close();
                pausedUntil = System.nanoTime() + PAUSE_NANOS;
                paused = true;
            }
        }

        private void turnOver(Path current) throws IOException {
            close();
            Path before = current.resolveSibling(current.getFileName() + ".1");
            forget(before);
            Files.move(current, before, StandardCopyOption.REPLACE_EXISTING);
            release(before, reopen(current));
            size = 0;
            out = opener.append(current);
        }

        private void close() {
            OutputStream open = out;
            if (open != null && file != null) {
                out = null;
                release(file, size);
                try {
                    open.close();
                } catch (IOException e) {
                    warn(e);
                }
            }
        }

        /** The last lines. */
        List<String> tail() {
            synchronized (tail) {
                return List.copyOf(tail);
            }
        }
    }
}
