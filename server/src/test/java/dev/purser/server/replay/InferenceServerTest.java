package dev.purser.server.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.purser.core.InputException;
import dev.purser.worker.protocol.RepositoryEntry;
import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class InferenceServerTest {

    private static TestServer server() throws IOException {
        return new TestServer(call -> call.ok(Map.of()));
    }

    @Test
    void theFirstModelThatIsReadyIsTakenUnlessAnotherIsPreferred() throws IOException {
        try (TestServer server = server()) {
            server.index(
                    new RepositoryEntry("loading", null, "LOADING", null),
                    new RepositoryEntry("texts", null, null, null),
                    new RepositoryEntry("others", null, "READY", null));
            InferenceServer asked = InferenceServer.at(server.url() + "/", null);

            assertThat(asked.model(null, null)).isEqualTo(TestServer.TEXT);
            assertThat(asked.model(null, "loading")).isEqualTo(TestServer.TEXT);
            assertThat(asked.model("texts", "others")).isEqualTo(TestServer.TEXT);
            assertThatThrownBy(() -> asked.model(null, "others"))
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining("answers 404 when asked for model 'others'");
        }
    }

    @Test
    void anUnknownModelIsAnsweredWithThoseThatThereAre() throws IOException {
        try (TestServer server = server()) {
            assertThatThrownBy(() -> InferenceServer.at(server.url(), null).model("text", null))
                    .isInstanceOf(InputException.class)
                    .hasMessageStartingWith("--model: ")
                    .hasMessageContaining("there is no such model")
                    .hasMessageContaining("Maybe: 'texts'");
        }
    }

    @Test
    void aServerWithoutAModelThatIsReadySaysSo() throws IOException {
        try (TestServer server = server()) {
            InferenceServer asked = InferenceServer.at(server.url(), null);
            server.index();
            assertThatThrownBy(() -> asked.model(null, null)).hasMessageContaining("does not say which models it has");
            server.index(new RepositoryEntry("texts", null, "LOADING", null));
            assertThatThrownBy(() -> asked.model(null, null)).hasMessageContaining("texts is LOADING");
        }
    }

    @Test
    void aServerThatIsNotThereIsAMistake() throws IOException {
        TestServer gone = server();
        gone.close();
        assertThatThrownBy(() -> InferenceServer.at(gone.url(), null).model(null, null))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("does not answer: Connection refused")
                .hasMessageContaining("purser serve");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "127.0.0.1:8080", "ftp://x", "http:///x", "http://a b", "http://x/?q", "http://x#f", "x"})
    void anAddressMustBeThatOfAnHttpServer(String url) {
        assertThatThrownBy(() -> InferenceServer.at(url, null))
                .isInstanceOf(InputException.class)
                .hasMessageStartingWith("--url: '" + url + "' is not ")
                .hasMessageContaining("http://127.0.0.1:8080");
    }
}
