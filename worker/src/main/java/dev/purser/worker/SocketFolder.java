package dev.purser.worker;

import dev.purser.core.InputException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The folder of the sockets that this process's workers listen on. Only the user can enter it, so that no one else on the
 * machine can ask a worker, whatever keys the gateway wants.
 */
public final class SocketFolder implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SocketFolder.class);

    private static final String PREFIX = "purser-";

    /** What a socket's path may have on every system, with some room for its name. */
    private static final int LONGEST = 80;

    private final Path folder;
    private final AtomicInteger count = new AtomicInteger();

    private SocketFolder(Path folder) {
        this.folder = folder;
    }

    /**
     * Makes one in the cache directory, or among temporary files where its path would be too long for a socket.
     *
     * @param files the cache directory
     * @return a folder, to be closed when no worker listens in it any more
     * @throws InputException when it cannot be made
     */
    public static SocketFolder make(ModelFiles files) {
        Path parent = files.folder("run");
        if (parent.toString().getBytes(StandardCharsets.UTF_8).length > LONGEST - 30) {
            parent = Path.of(System.getProperty("java.io.tmpdir"));
        }
        clearWhatTheDeadLeft(parent);
        try {
            // made for the user alone
            return new SocketFolder(Files.createTempDirectory(
                    parent, PREFIX + ProcessHandle.current().pid() + "-"));
        } catch (IOException e) {
            throw new InputException(
                    parent.toString(),
                    "",
                    "no folder for the sockets of workers can be made: " + e,
                    "name another directory for temporary files with -Djava.io.tmpdir");
        }
    }

    /** A path that no worker has. */
    public Path next() {
        return folder.resolve(count.incrementAndGet() + ".sock");
    }

    /** Deletes it with all sockets in it. */
    @Override
    public void close() {
        clear(folder);
    }

    private static void clearWhatTheDeadLeft(Path parent) {
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(parent, PREFIX + "[0-9]*-*")) {
            for (Path other : folders) {
                String[] name = String.valueOf(other.getFileName()).split("-", 3);
                Optional<ProcessHandle> process = ProcessHandle.of(Long.parseLong(name[1]));
                if (process.isEmpty()) {
                    clear(other);
                }
            }
        } catch (IOException | NumberFormatException e) {
            LOG.debug("{} cannot be searched for what others left behind", parent, e);
        }
    }

    /** Of other users there is nothing that could be deleted. */
    private static void clear(Path folder) {
        try {
            try (DirectoryStream<Path> sockets = Files.newDirectoryStream(folder)) {
                for (Path socket : sockets) {
                    Files.deleteIfExists(socket);
                }
            }
            Files.deleteIfExists(folder);
        } catch (IOException e) {
            LOG.debug("{} cannot be deleted: {}", folder, e.toString());
        }
    }
}
