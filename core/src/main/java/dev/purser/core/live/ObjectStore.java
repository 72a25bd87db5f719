package dev.purser.core.live;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Where the parts of a chain leave tensors for one another. An object is written once and whole, and a key is used once. It
 * may be used by several threads.
 */
public interface ObjectStore extends AutoCloseable {

    /**
     * Writes an object. Readers find it whole, or not at all.
     *
     * @param key its name: 1 to 200 letters, digits, {@code -} and {@code _}
     * @param content its bytes, one buffer after the other; their positions move to their limits
     * @throws IOException if it cannot be written, for example because the store has no room for it; nothing is left then
     */
    void put(String key, ByteBuffer... content) throws IOException;

    /**
     * Reads an object.
     *
     * @throws IOException if there is none of that name, or it cannot be read
     */
    byte[] get(String key) throws IOException;

    /**
     * Deletes an object; nothing happens where there is none.
     *
     * @throws IOException if it cannot be deleted
     */
    void delete(String key) throws IOException;

    /** Deletes all objects. From now on none is taken. */
    @Override
    void close();
}
