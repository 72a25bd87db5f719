package dev.purser.server.gateway;

import dev.purser.core.InputException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The keys of which a request must carry one. They are kept and compared as digests, so that no time tells of them. */
final class ApiKeys {
    /** A key that can be guessed is none. */
    private static final int SHORTEST = 16;

    private final List<byte[]> digests;

    private ApiKeys(List<byte[]> digests) {
        this.digests = digests;
    }

    /**
     * Reads a file of keys, one a line; empty lines and those that begin with # are skipped.
     *
     * @throws InputException if it cannot be read, has no key, or one that is too short
     */
    static ApiKeys read(Path file) {
        List<String> lines;
        try {
            lines = Files.readAllLines(file);
        } catch (IOException e) {
            throw new InputException(
                    "--api-key-file", "", file + " cannot be read: " + e, "name a file with one key a line");
        }
        List<String> keys = lines.stream()
                .map(String::strip)
                .filter(line -> !line.isEmpty() && !line.startsWith("#"))
                .toList();
        if (keys.isEmpty()) {
            throw new InputException("--api-key-file", "", file + " has no key", "write one key a line");
        }
        for (int i = 0; i < keys.size(); i++) {
            if (keys.get(i).length() < SHORTEST) {
                throw new InputException(
                        "--api-key-file",
                        "",
                        "key " + (i + 1) + " of " + file + " has fewer than " + SHORTEST + " characters",
                        "make one with 'openssl rand -hex 32'");
            }
        }
        return new ApiKeys(keys.stream().map(ApiKeys::digest).toList());
    }

    /**
     * Whether a request carries one of the keys.
     *
     * @param authorization its header Authorization
     * @param key its header X-API-Key
     */
    boolean admit(@Nullable String authorization, @Nullable String key) {
        String given = key;
        if (given == null && authorization != null && authorization.regionMatches(true, 0, "Bearer ", 0, 7)) {
            given = authorization.substring(7).strip();
        }
        if (given == null) {
            return false;
        }
        byte[] digest = digest(given);
        boolean known = false;
        for (byte[] one : digests) {
            known |= MessageDigest.isEqual(one, digest);
        }
        return known;
    }

    private static byte[] digest(String key) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
