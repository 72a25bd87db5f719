package dev.purser.server.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.purser.core.InputException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Keys, TLS and client certificates. */
final class SecurityTest {
    private static final String INFER = "/v2/models/digits/infer";
    private static final char[] PASSWORD = "password".toCharArray();

    @TempDir
    private Path directory;

    private static GatewaySettings guarded(
            GatewaySettings all, @Nullable Path keys, GatewaySettings.@Nullable Tls tls) {
        return new GatewaySettings(
                all.host(),
                0,
                all.adminHost(),
                0,
                all.maxBody(),
                all.maxOpen(),
                Duration.ofSeconds(1),
                all.patience(),
                keys,
                tls);
    }

    @Test
    void asksForAKey() throws Exception {
        String key = "0123456789abcdef0123456789abcdef";
        Path keys = Files.writeString(
                directory.resolve("keys.txt"), "# of the search team\n" + key + "\n\n  another-key-of-the-others  \n");
        try (TestGateway gateway = new TestGateway(all -> guarded(all, keys, null))) {
            String body = TestGateway.json("");
            HttpResponse<String> without = gateway.post(INFER, body);
            assertThat(without.statusCode()).isEqualTo(401);
            assertThat(without.headers().firstValue("WWW-Authenticate")).hasValue("Bearer");
            assertThat(without.body()).contains("Authorization: Bearer KEY").doesNotContain(key);
            for (String wrong : List.of(key.substring(1), key + "0", "", "# of the search team")) {
                assertThat(gateway.post(INFER, body, "X-API-Key", wrong).statusCode())
                        .isEqualTo(401);
            }
            assertThat(gateway.post(INFER, body, "Authorization", "Basic " + key)
                            .statusCode())
                    .isEqualTo(401);
            assertThat(gateway.post(INFER, body, "Authorization", "Bearer " + key)
                            .statusCode())
                    .isEqualTo(200);
            assertThat(gateway.post(INFER, body, "authorization", "bearer " + key)
                            .statusCode())
                    .isEqualTo(200);
            assertThat(gateway.post(INFER, body, "X-API-Key", "another-key-of-the-others")
                            .statusCode())
                    .isEqualTo(200);
            assertThat(gateway.get("/v2/models/digits").statusCode()).isEqualTo(401);
            // the admin port has nothing that needs one, and no inference
            assertThat(gateway.admin("/health").statusCode()).isEqualTo(200);
            assertThat(gateway.admin("/v2/models/digits").statusCode()).isEqualTo(404);
        }
    }

    @Test
    void saysWhatIsWrongWithAFileOfKeys() throws Exception {
        Path empty = Files.writeString(directory.resolve("empty.txt"), "# none\n");
        Path guessable = Files.writeString(directory.resolve("short.txt"), "secret\n");
        assertThatThrownBy(() -> ApiKeys.read(directory.resolve("none.txt")))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("--api-key-file")
                .hasMessageContaining("none.txt");
        assertThatThrownBy(() -> ApiKeys.read(empty)).hasMessageContaining("has no key");
        assertThatThrownBy(() -> ApiKeys.read(guessable))
                .hasMessageContaining("key 1")
                .hasMessageContaining("openssl rand");
    }

    @Test
    void speaksTlsAndAsksForACertificate() throws Exception {
        KeyStore server = pair("server", "CN=127.0.0.1", "SAN=ip:127.0.0.1");
        KeyStore client = pair("client", "CN=client", "KU=digitalSignature");
        KeyStore stranger = pair("stranger", "CN=stranger", "KU=digitalSignature");
        GatewaySettings.Tls mutual = new GatewaySettings.Tls(
                certificate(server, "server"), key(server, "server"), certificate(client, "client"));
        try (TestGateway gateway = new TestGateway(all -> guarded(all, null, mutual))) {
            assertThat(gateway.gateway.url()).startsWith("https://");
            assertThat(ask(gateway, context(client, server)).statusCode()).isEqualTo(200);
            assertThatThrownBy(() -> ask(gateway, context(null, server))).isInstanceOf(IOException.class);
            assertThatThrownBy(() -> ask(gateway, context(stranger, server))).isInstanceOf(IOException.class);
            assertThatThrownBy(() -> ask(gateway, context(client, stranger))).isInstanceOf(IOException.class);
            assertThat(ask(gateway, context(client, server)).statusCode()).isEqualTo(200);
        }
        GatewaySettings.Tls plain = new GatewaySettings.Tls(certificate(server, "server"), key(server, "server"), null);
        try (TestGateway gateway = new TestGateway(all -> guarded(all, null, plain))) {
            assertThat(ask(gateway, context(null, server)).statusCode()).isEqualTo(200);
        }
    }

    @Test
    void saysWhatIsWrongWithTheFilesOfTls() throws Exception {
        KeyStore one = pair("one", "CN=one", "KU=digitalSignature");
        KeyStore other = pair("other", "CN=other", "KU=digitalSignature");
        Path nonsense = Files.writeString(directory.resolve("nonsense.pem"), "nonsense");
        assertThatThrownBy(() ->
                        TlsFiles.load(new GatewaySettings.Tls(directory.resolve("none.pem"), key(one, "one"), null)))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("--tls-certificate")
                .hasMessageContaining("none.pem");
        assertThatThrownBy(() -> TlsFiles.load(new GatewaySettings.Tls(certificate(one, "one"), nonsense, null)))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("--tls-key")
                .hasMessageContaining("PKCS#8");
        assertThatThrownBy(() ->
                        TlsFiles.load(new GatewaySettings.Tls(certificate(one, "one"), key(one, "one"), nonsense)))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("--client-ca");
        assertThatThrownBy(() ->
                        TlsFiles.load(new GatewaySettings.Tls(certificate(one, "one"), key(other, "other"), null)))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("the key must be the certificate's");
    }

    private static HttpResponse<String> ask(TestGateway gateway, SSLContext tls)
            throws IOException, InterruptedException {
        try (HttpClient client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .sslContext(tls)
                .build()) {
            return client.send(
                    HttpRequest.newBuilder(URI.create(gateway.gateway.url() + INFER))
                            .timeout(Duration.ofSeconds(20))
                            .POST(HttpRequest.BodyPublishers.ofString(TestGateway.json("")))
                            .build(),
                    BodyHandlers.ofString());
        }
    }

    /** A key and its certificate, made by the JDK's own tool. */
    private KeyStore pair(String name, String subject, String extension) throws Exception {
        Path file = directory.resolve(name + ".p12");
        Path keytool = Path.of(System.getProperty("java.home"), "bin", "keytool");
        Process process = new ProcessBuilder(List.of(
                        keytool.toString(),
                        "-genkeypair",
                        "-alias",
                        name,
                        "-keyalg",
                        "EC",
                        "-dname",
                        subject,
                        "-ext",
                        extension,
                        "-validity",
                        "2",
                        "-storetype",
                        "PKCS12",
                        "-storepass",
                        "password",
                        "-keystore",
                        file.toString()))
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes());
        assertThat(process.waitFor()).as(said).isZero();
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(file)) {
            store.load(in, PASSWORD);
        }
        return store;
    }

    private Path certificate(KeyStore store, String name) throws Exception {
        return pem(name + ".pem", "CERTIFICATE", store.getCertificate(name).getEncoded());
    }

    private Path key(KeyStore store, String name) throws Exception {
        return pem(name + ".key", "PRIVATE KEY", store.getKey(name, PASSWORD).getEncoded());
    }

    private Path pem(String file, String kind, byte[] bytes) throws IOException {
        return Files.writeString(
                directory.resolve(file),
                "-----BEGIN " + kind + "-----\n"
                        + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes) + "\n-----END " + kind
                        + "-----\n");
    }

    private static SSLContext context(@Nullable KeyStore own, KeyStore trusted) throws Exception {
        KeyStore trust = KeyStore.getInstance("PKCS12");
        trust.load(null, null);
        List<Certificate> certificates = new ArrayList<>();
        for (String alias : Collections.list(trusted.aliases())) {
            certificates.add(trusted.getCertificate(alias));
        }
        for (int i = 0; i < certificates.size(); i++) {
            trust.setCertificateEntry("trusted" + i, certificates.get(i));
        }
        TrustManagerFactory trustManagers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trustManagers.init(trust);
        KeyManagerFactory keyManagers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keyManagers.init(own, PASSWORD);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(own == null ? null : keyManagers.getKeyManagers(), trustManagers.getTrustManagers(), null);
        return context;
    }
}
