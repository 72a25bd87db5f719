package dev.purser.local;

import dev.purser.core.policy.ServiceCatalog;
import dev.purser.worker.ModelFiles;
import dev.purser.worker.protocol.ModelMetadata;
import org.jspecify.annotations.Nullable;

/** Workers in processes of their own. */
final class ProcessHost implements Host {
    ProcessHost(ServiceCatalog catalog, LocalSettings settings, ModelFiles files) {}

    @Override
    public Handle start(Order order, Listener listener) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Thread slotThread(String name, Runnable run) {
        return Thread.ofVirtual().name(name).unstarted(run);
    }

    @Override
    public @Nullable ModelMetadata knownMetadata(int variant) {
        return null;
    }

    @Override
    public void close() {}
}
