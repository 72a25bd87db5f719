package dev.purser.worker;

import dev.purser.core.InputException;
import dev.purser.core.model.ModelSource;
import java.io.IOException;
import java.io.InputStream;
import java.net.JarURLConnection;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HexFormat;
import java.util.Set;
import java.util.jar.JarEntry;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import org.jspecify.annotations.Nullable;

/**
 * Finds the files of models, and keeps those that come out of jars in a cache directory: weights, vocabularies and native
 * libraries, each unpacked once for all processes of a user. A file's name in the cache holds its length and checksum, and
 * it gets that name only when it is whole, so that processes may start at once, and another version of a jar is another
 * file.
 *
 * <p>Native code is loaded from this directory, so it must belong to the user and be writable by no one else.
 */
public final class ModelFiles {
    private final Path directory;

    private ModelFiles(Path directory) {
        this.directory = directory;
    }

    /**
     * Files kept in a directory; it is made when the first file is.
     *
     * @param directory the cache directory
     * @return files
     */
    public static ModelFiles in(Path directory) {
        return new ModelFiles(directory.toAbsolutePath().normalize());
    }

    /**
     * Files kept where the user's caches are.
     *
     * @return {@link #in} {@code $XDG_CACHE_HOME/purser} where that is set, else {@code ~/.cache/purser} where the home
     *     directory can be written, else a directory of the user's own among temporary files
     */
    public static ModelFiles inUserCache() {
        String xdg = System.getenv("XDG_CACHE_HOME");
        String home = System.getProperty("user.home", "");
        String user = System.getProperty("user.name", "user").replaceAll("[^A-Za-z0-9._-]", "_");
        if (xdg != null && !xdg.isBlank() && Path.of(xdg).isAbsolute()) {
            return in(Path.of(xdg, "purser"));
        }
        if (!home.isEmpty() && !home.equals("?") && Files.isWritable(Path.of(home))) {
            return in(Path.of(home, ".cache", "purser"));
        }
        return in(Path.of(System.getProperty("java.io.tmpdir"), "purser-" + user));
    }

    /** The cache directory. */
    public Path directory() {
        return directory;
    }

    /**
     * Finds a file of a model.
     *
     * @param source a path, or {@code classpath:NAME}
     * @param base the directory that a relative path starts from; null for the working directory
     * @param field the setting that names it, for messages
     * @return an existing file
     * @throws InputException when there is none
     */
    public Path find(String source, @Nullable Path base, String field) {
        if (source.startsWith(ModelSource.CLASSPATH)) {
            String name = source.substring(ModelSource.CLASSPATH.length());
            URL url = resource(name);
            if (url == null) {
                throw new InputException(
                        source,
                        field,
                        "there is no resource '" + name + "' on the class path",
                        "put the jar that holds it on the class path, or give a path to the file");
            }
            return file(url, "models");
        }
        Path path = base == null ? Path.of(source) : base.resolve(source);
        if (!Files.isRegularFile(path)) {
            throw new InputException(
                    source,
                    field,
                    Files.isDirectory(path) ? "is a directory, not a file" : "there is no such file",
                    base == null || Path.of(source).isAbsolute()
                            ? ""
                            : "relative paths start from " + base.toAbsolutePath());
        }
        return path;
    }

    /** From the user's class path, which need not be that of this class. */
    private static @Nullable URL resource(String name) {
        ClassLoader context = Thread.currentThread().getContextClassLoader();
        URL url = context == null ? null : context.getResource(name);
        return url == null ? ModelFiles.class.getResource("/" + name) : url;
    }

    /**
     * A resource as a file: the file itself where the resource is one, else a copy in the cache.
     *
     * @param kind the folder of the cache
     */
    Path file(URL resource, String kind) {
        try {
            if (resource.getProtocol().equals("file")) {
                return Path.of(resource.toURI());
            }
            return unpack(resource, kind);
        } catch (IOException e) {
            throw new InputException(resource.toString(), "", "cannot be unpacked to " + directory + ": " + e, "");
        } catch (URISyntaxException e) {
            throw new InputException(resource.toString(), "", "is no valid address: " + e.getMessage(), "");
        }
    }

    private Path unpack(URL resource, String kind) throws IOException {
        URLConnection connection = resource.openConnection();
        // a cached connection would keep the jar open for good
        connection.setUseCaches(false);
        try (InputStream in = connection.getInputStream()) {
            String path = resource.getPath();
            String name = path.substring(path.lastIndexOf('/') + 1);
            if (connection instanceof JarURLConnection jar) {
                JarEntry entry = jar.getJarEntry();
                if (entry.getSize() >= 0 && entry.getCrc() >= 0) {
                    return unpack(in, kind, name, entry.getSize(), entry.getCrc());
                }
            }
            return unpack(in, kind, name);
        }
    }

    /** Unpacks what the jar's index tells length and checksum of, unless it is there already. */
    private Path unpack(InputStream in, String kind, String name, long size, long crc) throws IOException {
        Path target = folder(kind).resolve(key(name, size, crc));
        if (Files.isRegularFile(target) && Files.size(target) == size) {
            return target;
        }
        Path temporary = Files.createTempFile(folder(kind), "part-", ".tmp");
        try {
            CheckedInputStream checked = new CheckedInputStream(in, new CRC32());
            Files.copy(checked, temporary, StandardCopyOption.REPLACE_EXISTING);
            if (Files.size(temporary) != size || checked.getChecksum().getValue() != crc) {
                throw new IOException(
                        name + " has " + Files.size(temporary) + " bytes that differ from what the jar's index says");
            }
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            return target;
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    /** Unpacks what only reading tells length and checksum of. */
    private Path unpack(InputStream in, String kind, String name) throws IOException {
        Path temporary = Files.createTempFile(folder(kind), "part-", ".tmp");
        try {
            CheckedInputStream checked = new CheckedInputStream(in, new CRC32());
            Files.copy(checked, temporary, StandardCopyOption.REPLACE_EXISTING);
            Path target = folder(kind)
                    .resolve(key(
                            name, Files.size(temporary), checked.getChecksum().getValue()));
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            return target;
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    private static String key(String name, long size, long crc) {
        String extension = name.contains(".") ? name.substring(name.lastIndexOf('.')) : "";
        String stem = name.substring(0, name.length() - extension.length());
        return stem + "-" + size + "-" + HexFormat.of().toHexDigits((int) crc) + extension;
    }

    /**
     * A folder of the cache, made if need be.
     *
     * @param kind its name
     * @return the folder, which belongs to the user and which no one else can write
     * @throws InputException when it cannot be made, or others could change what is in it
     */
    public Path folder(String kind) {
        Path folder = directory.resolve(kind);
        try {
            if (!Files.isDirectory(directory)) {
                Path parent = directory.getParent();
                if (parent != null) {
                    Files.createDirectories(parent);
                }
                make(directory);
            }
            checkOwner(directory);
            if (!Files.isDirectory(folder)) {
                make(folder);
            }
            return folder;
        } catch (IOException e) {
            throw new InputException(
                    folder.toString(),
                    "",
                    "the cache directory cannot be made: " + e,
                    "name a directory that can be written");
        }
    }

    private static void make(Path directory) throws IOException {
        try {
            if (directory.getFileSystem().supportedFileAttributeViews().contains("posix")) {
                Files.createDirectory(
                        directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            } else {
                Files.createDirectory(directory);
            }
        } catch (FileAlreadyExistsException e) {
            if (!Files.isDirectory(directory)) {
                throw e;
            }
        }
    }

    private static void checkOwner(Path directory) throws IOException {
        if (!directory.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            return;
        }
        PosixFileAttributes attributes =
                Files.readAttributes(directory, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        if (attributes.isSymbolicLink()) {
            attributes = Files.readAttributes(directory, PosixFileAttributes.class);
        }
        String owner = attributes.owner().getName();
        String user = System.getProperty("user.name", "");
        Set<PosixFilePermission> permissions = attributes.permissions();
        boolean open = permissions.contains(PosixFilePermission.OTHERS_WRITE)
                || permissions.contains(PosixFilePermission.GROUP_WRITE);
        if (open || !(owner.equals(user) || owner.equals("root"))) {
            throw new InputException(
                    directory.toString(),
                    "",
                    "the cache directory belongs to '" + owner + "' with permissions "
                            + PosixFilePermissions.toString(permissions)
                            + ", so others could change the native code in it",
                    "name a directory of " + user + " that no one else can write, or run: chmod 700 " + directory);
        }
    }
}
