package dev.purser.local;

import dev.purser.core.live.ObjectStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Objects as files in a folder of its own, which is made with the first object and is the user's alone. The folder's name
 * holds the process that made it: what one leaves behind that was killed, the next one that makes a folder clears away.
 */
final class FolderStore implements ObjectStore {
    private static final Logger LOG = LoggerFactory.getLogger(FolderStore.class);
    private static final Pattern KEY = Pattern.compile("[A-Za-z0-9_-]{1,200}");
    private static final String PREFIX = "objects-";
    private static final Pattern FOLDER = Pattern.compile(PREFIX + "([0-9]{1,18})-.*");

    private final Path parent;
    private final long limitBytes;
    private final Map<String, Long> sizes = new HashMap<>();
    private @Nullable Path folder;
    private long held;
    private long written;
    private long read;
    private boolean closed;

    /**
     * @param parent the directory that its folder is made in; is made itself if need be
     * @param limitBytes how much it holds
     */
    FolderStore(Path parent, long limitBytes) {
        this.parent = parent;
        this.limitBytes = limitBytes;
    }

    @Override
    public void put(String key, ByteBuffer... content) throws IOException {
        if (!KEY.matcher(key).matches()) {
            throw new IllegalArgumentException("'" + key + "' is no key of an object");
        }
        long bytes = 0;
        for (ByteBuffer buffer : content) {
            bytes += buffer.remaining();
        }
        Path file = reserve(key, bytes).resolve(key);
        Path part = file.resolveSibling(key + ".part");
        boolean there = false;
        try {
            try (FileChannel channel =
                    FileChannel.open(part, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                for (ByteBuffer buffer : content) {
                    while (buffer.hasRemaining()) {
                        var unused = channel.write(buffer);
                    }
                }
            }
            there = keep(part, file, bytes);
        } finally {
            if (!there) {
                giveBack(key);
                Files.deleteIfExists(part);
                Files.deleteIfExists(file);
            }
        }
    }

    /** Takes room for an object, and gives the folder. */
    private synchronized Path reserve(String key, long bytes) throws IOException {
        if (closed) {
            throw new IOException("the object store is closed");
        }
        if (held + bytes > limitBytes) {
            throw new IOException("the object store holds " + held + " bytes and has no room for " + bytes
                    + " more: its limit is " + limitBytes);
        }
        if (sizes.containsKey(key)) {
            throw new IOException("there is an object '" + key + "' already");
        }
        Path in = folder;
        if (in == null) {
            in = folderIn(parent, PREFIX + ProcessHandle.current().pid() + "-");
            folder = in;
            clearAfterOthers();
        }
        sizes.put(key, bytes);
        held += bytes;
        return in;
    }

    private static Path folderIn(Path parent, String prefix) throws IOException {
        if (!Files.isDirectory(parent)) {
            Path above = parent.toAbsolutePath().getParent();
            if (above != null) {
                Files.createDirectories(above);
            }
            // as the cache of models wants it: no one else may write there
            Path made = Files.createTempDirectory(above == null ? parent : above, prefix);
            try {
                Files.move(made, parent, StandardCopyOption.ATOMIC_MOVE);
            } catch (IOException e) {
                Files.deleteIfExists(made);
                if (!Files.isDirectory(parent)) {
                    throw e;
                }
            }
        }
        return Files.createTempDirectory(parent, prefix);
    }

    private synchronized boolean keep(Path part, Path file, long bytes) throws IOException {
        if (closed) {
            throw new IOException("the object store was closed");
        }
        Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
        written += bytes;
        return true;
    }

    private synchronized void giveBack(String key) {
        Long size = sizes.remove(key);
        if (size != null) {
            held -= size;
        }
    }

    @Override
    public byte[] get(String key) throws IOException {
        byte[] bytes;
        try {
            bytes = Files.readAllBytes(file(key));
        } catch (NoSuchFileException e) {
            throw new IOException("there is no object '" + key + "'", e);
        }
        synchronized (this) {
            read += bytes.length;
        }
        return bytes;
    }

    @Override
    public void delete(String key) throws IOException {
        Path file;
        synchronized (this) {
            if (folder == null || !sizes.containsKey(key)) {
                return;
            }
            file = folder.resolve(key);
        }
        Files.deleteIfExists(file);
        giveBack(key);
    }

    private synchronized Path file(String key) throws IOException {
        if (folder == null || !sizes.containsKey(key)) {
            throw new IOException("there is no object '" + key + "'");
        }
        return folder.resolve(key);
    }

    /** What went through it, and what it holds. */
    synchronized LocalState.Objects state() {
        return new LocalState.Objects(sizes.size(), held, written, read);
    }

    @Override
    public void close() {
        Path own;
        synchronized (this) {
            closed = true;
            own = folder;
            sizes.clear();
            held = 0;
        }
        if (own != null) {
            clear(own);
        }
    }

    private void clearAfterOthers() {
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(parent, PREFIX + "*")) {
            for (Path other : folders) {
                Matcher name = FOLDER.matcher(other.getFileName().toString());
                if (name.matches() && hasEnded(Long.parseLong(name.group(1)))) {
                    LOG.info("Objects that a process left behind which was killed are deleted: {}", other);
                    clear(other);
                }
            }
        } catch (IOException e) {
            LOG.debug("{} cannot be searched for what others left behind", parent, e);
        }
    }

    private static boolean hasEnded(long pid) {
        Optional<ProcessHandle> process = ProcessHandle.of(pid);
        return process.isEmpty() || !process.get().isAlive();
    }

    private static void clear(Path folder) {
        try {
            try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
                for (Path file : files) {
                    Files.deleteIfExists(file);
                }
            }
            Files.deleteIfExists(folder);
        } catch (IOException e) {
            LOG.warn("{} cannot be deleted: {}", folder, e.toString());
        }
    }
}
